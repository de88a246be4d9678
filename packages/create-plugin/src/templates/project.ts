/** What git leaves alone. */
export const gitignore = `node_modules/
dist/
*.tgz
*.log
.DS_Store
`

/** Checks every change. */
export const workflow = `name: CI

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-node@v5
        with:
          node-version: 24
      # Without a committed package-lock.json there is nothing that "npm ci" could install.
      - run: if [ -f package-lock.json ]; then npm ci; else npm install; fi
      - run: npm test
      - run: npm pack
`
