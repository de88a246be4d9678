/** A delivery whose number can be put in without building the whole again. */
export interface WebhookPayload {
  /** The body of the delivery with that number: pull requests that are opened and closed in turn. */
  body(number: number): Buffer
}

/** Deliveries of GitHub about pull requests, of about `bytes` bytes, shaped like real ones: most of it are addresses. */
export function webhookPayload(bytes: number): WebhookPayload {
  const user = person('mia')
  const repository = {
    id: 1,
    name: 'shop',
    full_name: 'acme/shop',
    private: true,
    html_url: 'https://github.com/acme/shop',
    owner: user,
    ...addresses('https://api.github.com/repos/acme/shop', 40),
  }
  const branch = (ref: string): object => ({
    label: `acme:${ref}`,
    ref,
    sha: '0'.repeat(40),
    user,
    repo: repository,
  })
  const event = {
    action: '@action',
    number: 7,
    pull_request: {
      id: '@id',
      number: 7,
      state: 'open',
      title: 'Pay by card',
      body: '',
      user,
      head: branch('SHOP-12-cards'),
      base: branch('main'),
      created_at: '2026-01-05T09:00:00Z',
      updated_at: '2026-01-05T10:00:00Z',
      closed_at: '2026-01-05T10:00:00Z',
      labels: [{ id: 1, name: 'bug' }],
      ...addresses('https://api.github.com/repos/acme/shop/pulls/7', 20),
    },
    repository,
    sender: user,
  }
  const bare = JSON.stringify(event)
  event.pull_request.body = 'Takes cards. '.repeat(Math.max(0, Math.ceil((bytes - bare.length) / 13)))
  const [before = '', between = '', after = ''] = JSON.stringify(event).split(/"@id"|@action/)
  return {
    body(number) {
      const action = number % 2 === 0 ? 'opened' : 'closed'
      return Buffer.from(`${before}${action}${between}${1_000_000 + (number >> 1)}${after}`)
    },
  }
}

function person(login: string): object {
  return {
    login,
    id: 5,
    type: 'User',
    site_admin: false,
    ...addresses(`https://api.github.com/users/${login}`, 10),
  }
}

function addresses(base: string, count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`part_${index}_url`, `${base}/part${index}{/other}`]),
  )
}
