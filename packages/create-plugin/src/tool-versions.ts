/** What a made package is built and tested with: the versions that this repository is tested with itself. */
export const toolVersions = {
  '@types/node': '^24.19.2',
  typescript: '^7.0.2',
  vitest: '^5.1.1',
} as const

/** Version of Spanloom that a made package is written for. */
export const spanloomVersion = '0.1.0'

/** Version of the contract between Spanloom and plugins that the made code keeps. */
export const apiVersion = 1

/** Oldest Node.js that runs it. */
export const nodeVersion = '>=24.11'
