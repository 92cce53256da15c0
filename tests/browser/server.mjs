import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const executable = process.env.LONGWIRE ?? `${root}build/release/longwire`;

// A hook that fails keeps the hooks behind it from running. A server that is left then does not keep
// the tests from ending, and ends with them.
const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

/// Starts `longwire serve` with the demo page, on `port` or on one that the system picks. Without
/// compression, unless asked: the page cannot know the sizes of compressed frames.
export async function startServer({ port = 0, compress = 'off', options = [] } = {}) {
  const child = spawn(executable, ['serve', '--listen', `127.0.0.1:${port}`, '--web', `${root}web`, '--compress', compress, ...options]);
  const ended = once(child, 'exit');
  running.add(child);
  child.on('exit', () => running.delete(child));
  let complaints = '';
  child.stderr.on('data', (data) => { complaints += data; });

  const listening = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = line.match(/(https?):\/\/127\.0\.0\.1:(\d+)\//);
      if (found) resolve({ scheme: found[1], port: Number(found[2]) });
    });
    ended.then(
      ([code]) => reject(new Error(`${executable} serve ended with ${code} and no address: ${complaints}`)),
      (error) => reject(new Error(`${executable} cannot be run (${error.code}); build it, or name it in LONGWIRE`)),
    );
  });

  const chosen = await listening;
  for (const held of [child, child.stdout, child.stderr, child.stdin]) held.unref();
  return {
    port: chosen.port,
    origin: `${chosen.scheme}://127.0.0.1:${chosen.port}`,
    /// Ends the server with `signal` and tells its exit code (null when the signal killed it).
    async stop(signal = 'SIGTERM') {
      child.ref();
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
