// Loaded into a process under test: its wall clock is CLOCK_SHIFT_MS apart, and SIGUSR2 sets it back by one hour.
import { isMainThread } from 'node:worker_threads'

const real = Date.now
let shift = Number(process.env.CLOCK_SHIFT_MS ?? 0)
Date.now = () => real() + shift
if (isMainThread) process.on('SIGUSR2', () => (shift -= 3_600_000))
