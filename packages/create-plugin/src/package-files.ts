import type { PluginPlan } from './plugin-plan.ts'
import { exporterFiles } from './templates/exporter.ts'
import { buildConfig, packageJson, tsconfig } from './templates/package-json.ts'
import { processorFiles } from './templates/processor.ts'
import { gitignore, workflow } from './templates/project.ts'
import { readme, readmeScript, readmeTest } from './templates/readme.ts'
import { receiverFiles } from './templates/receiver.ts'
import { licenseText } from './templates/rights-text.ts'
import type { FileTexts } from './write-files.ts'

const filesOfKind = { receiver: receiverFiles, processor: processorFiles, exporter: exporterFiles } as const

/** All files of a package, which passes its own tests as it is. */
export function packageFiles(plan: PluginPlan): FileTexts {
  const { names, license, year } = plan
  const kind = filesOfKind[names.kind](names)
  const rights = licenseText(license, names.package, year)
  return {
    'package.json': packageJson(plan, kind),
    'README.md': readme(plan, kind),
    ...(rights === undefined ? {} : { LICENSE: rights }),
    '.gitignore': gitignore,
    '.github/workflows/ci.yml': workflow,
    'tsconfig.json': tsconfig,
    'tsconfig.build.json': buildConfig,
    'pipeline.yaml': kind.pipeline,
    'scripts/readme.ts': readmeScript,
    ...kind.files,
    'test/readme.test.ts': readmeTest,
  }
}
