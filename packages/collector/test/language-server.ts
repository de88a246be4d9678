import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import {
  type CompletionItem,
  CompletionRequest,
  createProtocolConnection,
  type Diagnostic,
  DidOpenTextDocumentNotification,
  type Hover,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'

/** A place in a text. */
export interface Cursor {
  readonly line: number
  readonly character: number
}

/** The real `yaml-language-server`, as an editor talks to it: a process, over its standard input and output. */
export class LanguageServer implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #connection: ProtocolConnection
  readonly #folder: string
  readonly #published = new Map<string, readonly Diagnostic[]>()
  readonly #waiting = new Map<string, (diagnostics: readonly Diagnostic[]) => void>()
  #documents = 0

  private constructor(process: ChildProcess, connection: ProtocolConnection, folder: string) {
    this.#process = process
    this.#connection = connection
    this.#folder = folder
    connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
      this.#published.set(uri, diagnostics)
      this.#waiting.get(uri)?.(diagnostics)
      this.#waiting.delete(uri)
    })
    connection.onRequest('workspace/configuration', ({ items }: { readonly items: readonly unknown[] }) =>
      items.map(() => null),
    )
    connection.onRequest('client/registerCapability', () => null)
    // What editors offer besides files; a server that asks for anything over the network gets nothing.
    connection.onRequest('vscode/content', () => '')
    connection.listen()
  }

  /** Starts one whose documents lie in `folder`. */
  static async start(folder: string): Promise<LanguageServer> {
    const entry = createRequire(import.meta.url).resolve('yaml-language-server/package.json')
    const file = join(dirname(entry), 'bin', 'yaml-language-server')
    const child = spawn(process.execPath, [file, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    )
    const server = new LanguageServer(child, connection, folder)
    await connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: {
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
          hover: { contentFormat: ['markdown'] },
        },
      },
    })
    await connection.sendNotification(InitializedNotification.type, {})
    return server
  }

  /** Opens a text as a new document and resolves with what the server finds wrong with it. */
  async check(text: string): Promise<readonly Diagnostic[]> {
    const uri = this.#open(text)
    return this.#diagnosticsOf(uri)
  }

  /** What is offered at the first `|` of the text, which is taken out. */
  async complete(text: string): Promise<readonly CompletionItem[]> {
    const { uri, position } = this.#openAtCursor(text)
    const answer = await this.#connection.sendRequest(CompletionRequest.type, {
      textDocument: { uri },
      position,
    })
    return answer === null ? [] : 'items' in answer ? answer.items : answer
  }

  /** What is shown as Markdown for the word at the first `|` of the text, which is taken out. */
  async hover(text: string): Promise<string> {
    const { uri, position } = this.#openAtCursor(text)
    const answer = await this.#connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position })
    return textOf(answer)
  }

  #openAtCursor(text: string): { readonly uri: string; readonly position: Cursor } {
    const before = text.slice(0, text.indexOf('|'))
    const line = before.split('\n').length - 1
    return {
      uri: this.#open(text.replace('|', '')),
      position: { line, character: before.length - (before.lastIndexOf('\n') + 1) },
    }
  }

  #open(text: string): string {
    const uri = pathToFileURL(join(this.#folder, `document-${this.#documents++}.yaml`)).href
    void this.#connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: 'yaml', version: 1, text },
    })
    return uri
  }

  #diagnosticsOf(uri: string): Promise<readonly Diagnostic[]> {
    const known = this.#published.get(uri)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((resolve) => this.#waiting.set(uri, resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.dispose()
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill()
    await ended
  }
}

function textOf(answer: Hover | null): string {
  const contents = answer?.contents ?? ''
  if (typeof contents === 'string') return contents
  return 'value' in contents
    ? contents.value
    : contents.map((part) => (typeof part === 'string' ? part : part.value)).join('\n')
}
