import { createServer, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';

/** PostgreSQL in this process, behind a real socket: what a client of the network meets, without a server being installed. */
export interface PgliteServer {
  readonly port: number;
  readonly db: PGlite;
  stop(): Promise<void>;
}

export interface PgliteOptions {
  /** Every session is this role's. */
  readonly role?: () => string | undefined;
  /** The connection is cut when a query holds this text. */
  readonly cutAt?: () => string | undefined;
}

const SSL_REQUEST = 80_877_103;

/** The engine is one session: connections take turns. https://www.postgresql.org/docs/current/protocol-message-formats.html */
export async function startPglite({ role, cutAt }: PgliteOptions = {}): Promise<PgliteServer> {
  const { PGlite } = await import('@electric-sql/pglite');
  const db = await PGlite.create();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    let waiting = Buffer.alloc(0);
    let hasStarted = false;
    let turn = Promise.resolve();
    const answer = async (message: Buffer): Promise<void> => {
      const cut = cutAt?.();
      if (cut !== undefined && message.includes(cut)) socket.destroy();
      else if (message[0] === 0x58 && hasStarted) socket.end();
      else socket.write(await db.execProtocolRaw(message));
    };
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      // The first message of a connection has no letter before its length.
      for (let head = hasStarted ? 1 : 0; waiting.length >= head + 4; head = hasStarted ? 1 : 0) {
        const size = head + waiting.readUInt32BE(head);
        if (waiting.length < size) return;
        const message = waiting.subarray(0, size);
        waiting = waiting.subarray(size);
        if (!hasStarted && message.readUInt32BE(4) === SSL_REQUEST) {
          socket.write('N');
          continue;
        }
        const isStart = !hasStarted;
        hasStarted = true;
        turn = turn.then(async () => {
          if (isStart)
            await db.exec(`ROLLBACK; RESET SESSION AUTHORIZATION; SET SESSION AUTHORIZATION ${role?.() ?? 'postgres'}`);
          await answer(message);
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    db,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await db.close();
    },
  };
}
