export { otlpGrpcExporter } from './otlp-grpc-exporter.ts'
export { otlpHttpExporter } from './otlp-http-exporter.ts'
