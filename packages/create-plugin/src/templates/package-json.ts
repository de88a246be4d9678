import type { PluginPlan } from '../plugin-plan.ts'
import { apiVersion, nodeVersion, spanloomVersion, toolVersions } from '../tool-versions.ts'
import type { KindFiles } from './kind-files.ts'

/** `package.json`, with the section `spanloom` by which the package is found. */
export function packageJson({ names, license, spanloom }: PluginPlan, { does, scripts }: KindFiles): string {
  const { kind, type, factory } = names
  const { overrides } = spanloom
  return json({
    name: names.package,
    version: '0.1.0',
    description: `${kind === 'exporter' ? 'An' : 'A'} ${kind} for Spanloom: ${does}.`,
    keywords: ['spanloom', 'opentelemetry', 'traces', kind],
    license: license === 'none' ? 'UNLICENSED' : license,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist'],
    engines: { node: nodeVersion },
    spanloom: {
      apiVersion,
      components: [{ kind, type, stability: 'development', entry: './dist/index.js', export: factory }],
    },
    scripts: {
      test: 'tsc && vitest run',
      dev: 'node --watch node_modules/@spanloom/collector/dist/cli.js --config pipeline.yaml --watch',
      ...scripts,
      docs: 'node scripts/readme.ts',
      build: 'tsc -p tsconfig.build.json',
      prepack: 'npm run build',
    },
    peerDependencies: { '@spanloom/core': `^${spanloomVersion}` },
    // The program that runs the plugin hands it its own copy.
    peerDependenciesMeta: { '@spanloom/core': { optional: true } },
    devDependencies: {
      '@spanloom/collector': spanloom.specOf('@spanloom/collector'),
      '@spanloom/core': spanloom.specOf('@spanloom/core'),
      ...toolVersions,
    },
    ...(Object.keys(overrides).length === 0 ? {} : { overrides }),
  })
}

/** For editors, and for the check of all code. */
export const tsconfig: string = json({
  compilerOptions: {
    target: 'ESNext',
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    rewriteRelativeImportExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['src', 'test', 'scripts'],
})

/** For the code that is published. */
export const buildConfig: string = json({
  extends: './tsconfig.json',
  compilerOptions: { noEmit: false, rootDir: 'src', outDir: 'dist', declaration: true },
  include: ['src'],
})

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
