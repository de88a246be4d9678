import { readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

/** When a file is set aside and how long it is kept. 0 means without limit. */
export interface RotationSettings {
  readonly max_megabytes: number
  readonly max_days: number
  readonly max_backups: number
  /** Whether names of backups tell local time rather than UTC. */
  readonly localtime: boolean
}

const dayMs = 86_400_000

/** `data-2022-09-14T05-02-14.173.json` for `data.json`. */
export function backupPath(path: string, now: number, localtime: boolean): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${timeStamp(now, localtime)}${extension}`
}

/** Gives the file the name of a backup, at `now` or the first free millisecond after it. */
export async function setAside(path: string, now: number, localtime: boolean): Promise<void> {
  let time = now
  while (await exists(backupPath(path, time, localtime))) time += 1
  await rename(path, backupPath(path, time, localtime))
}

/** Removes backups that are too old or too many, the oldest first. */
export async function prune(path: string, now: number, settings: RotationSettings): Promise<void> {
  if (settings.max_backups === 0 && settings.max_days === 0) return
  const newestFirst = (await backupsOf(path)).toSorted().toReversed()
  const oldest =
    settings.max_days === 0 ? '' : backupPath(path, now - settings.max_days * dayMs, settings.localtime)
  const kept = settings.max_backups === 0 ? newestFirst.length : settings.max_backups
  const surplus = newestFirst.filter((name, index) => index >= kept || name < basename(oldest))
  await Promise.all(surplus.map((name) => unlink(join(dirname(path), name))))
}

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/

async function backupsOf(path: string): Promise<readonly string[]> {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  const names = await readdir(dirname(path))
  return names.filter(
    (name) =>
      name.startsWith(prefix) &&
      name.endsWith(extension) &&
      stampPattern.test(name.slice(prefix.length, name.length - extension.length)),
  )
}

function timeStamp(now: number, localtime: boolean): string {
  const offsetMs = localtime ? new Date(now).getTimezoneOffset() * 60_000 : 0
  return new Date(now - offsetMs).toISOString().slice(0, -1).replaceAll(':', '-')
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
