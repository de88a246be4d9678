/** The configuration of the quickstart; `config/quickstart.yaml` in the repository is the same text. */
export const quickstartPipeline: string = `# The main job in one file: Invictus flow-trace events come in over HTTP, assembled traces go out to a file.
# \`npm start\` runs it, posts config/samples/invictus-flow.json to it and prints the trace that comes out.
receivers:
  invictus:
    http:
      endpoint: \${env:SPANLOOM_INVICTUS_ENDPOINT:-localhost:8099}
  otlp:
    protocols:
      http:
        endpoint: \${env:SPANLOOM_OTLP_HTTP_ENDPOINT:-localhost:4318}
processors:
  span_assembly:
    profiles:
      invictus:
        settle: 250ms # how long a finished step waits for events that arrive late
exporters:
  file:
    path: \${env:SPANLOOM_TRACES_FILE:-./data/quickstart-traces.jsonl}
    flush_interval: 100ms
extensions:
  health_check:
    endpoint: \${env:SPANLOOM_HEALTH_ENDPOINT:-localhost:13133}
service:
  extensions: [health_check]
  pipelines:
    traces:
      receivers: [invictus, otlp]
      processors: [span_assembly]
      exporters: [file]
  telemetry:
    logs:
      level: \${env:SPANLOOM_LOG_LEVEL:-warn}
    metrics:
      readers:
        - pull:
            exporter:
              prometheus:
                host: \${env:SPANLOOM_METRICS_HOST:-localhost}
                port: \${env:SPANLOOM_METRICS_PORT:-8888}
`
