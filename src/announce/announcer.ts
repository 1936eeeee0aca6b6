/** When the outbox is emptied: `kick` starts a delivery without waiting, `flush` waits for one, bounded. */
export interface Announcer {
  kick(): void;
  flush(): Promise<void>;
}

/**
 * One delivery at a time; a kick during one makes another follow, so that nothing that was written meanwhile waits.
 * @param deliver one bounded pass over the outbox; its errors are its own (`onError`)
 */
export function createAnnouncer(
  deliver: () => Promise<unknown>,
  onError: (thrown: unknown) => void,
): Announcer {
  let current: Promise<void> | null = null;
  let wanted = false;
  const start = (): Promise<void> => {
    wanted = true;
    current ??= (async () => {
      try {
        while (wanted) {
          wanted = false;
          await deliver().catch(onError);
        }
      } finally {
        // In the same turn as the last look at `wanted`: a kick in between would start nothing and be lost.
        current = null;
      }
    })();
    return current;
  };
  return {
    kick: () => void start(),
    flush: start,
  };
}
