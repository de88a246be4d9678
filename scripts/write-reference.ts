// Writes docs/reference/components.md of the schemas of all components. Run it through `pnpm docs`.
import { writeFile } from 'node:fs/promises'

import { componentReference } from '../packages/collector/src/docs/component-reference.ts'
import { defaultRegistry } from '../packages/collector/src/registry.ts'

const page = new URL('../docs/reference/components.md', import.meta.url)
void componentReference(defaultRegistry).then((text) => writeFile(page, text))
