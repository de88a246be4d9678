/** One case of `scenarios.json`. */
export interface Scenario {
  readonly id: string
  readonly mode: 'bridge' | 'tap'
  readonly title: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly timeline: readonly Step[]
  readonly expect: Expectation
}

/** A frame of a fixture. */
export interface FrameStep {
  readonly type: 'text' | 'binary' | 'ping' | 'close'
  readonly data?: string
  readonly base64?: string
  readonly code?: number
  readonly reason?: string
}

/** A request that must have come. */
export interface RequestExpectation {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly absent_headers?: readonly string[]
  readonly body?: string
}

/** An entry of a timeline. */
export interface Step {
  readonly at_ms: number
  readonly clock?: true
  readonly ws_in?: FrameStep
  readonly upstream_ws?: FrameStep
  readonly downstream_ws?: FrameStep
  readonly local_response?: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  readonly proxy_in?: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  readonly callback_response?: { readonly status: number; readonly times?: number }
  readonly downstream_connect?: { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  readonly expect_local_request?: RequestExpectation
  readonly expect_local_requests?: number
  readonly expect_callback?: RequestExpectation
  readonly expect_no_callback?: true
  readonly expect_proxy_response?: { readonly status: number }
  readonly expect_ws_out?: FrameStep
  readonly expect_ws_close?: { readonly code: number }
  readonly expect_ws_terminated?: true
  readonly expect_connects?: number
  readonly expect_downstream_ws?: FrameStep
  readonly expect_upstream_ws?: FrameStep
  readonly expect_upstream_connect?: {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
  }
}

/** A span as a scenario expects it. */
export interface SpanExpectation {
  readonly ref: string
  readonly name: string
  readonly kind: string
  readonly trace_id: string
  readonly parent_span_id: string | null
  readonly start_ms: number
  readonly end_ms: number
  readonly status: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links?: readonly {
    readonly trace_id: string
    readonly span_id: string
    readonly attributes: Readonly<Record<string, unknown>>
  }[]
}

/** What must be true at the end. */
export interface Expectation {
  readonly spans?: readonly SpanExpectation[]
  readonly span_set?: 'subset'
  readonly metrics?: Readonly<Record<string, number>>
  readonly pending?: number
  readonly local_requests?: number
  readonly callbacks?: number
  readonly connects?: number
  readonly queue_ms?: Readonly<Record<string, number>>
}
