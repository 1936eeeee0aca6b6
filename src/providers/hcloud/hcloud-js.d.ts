/**
 * Types for the part of hcloud-js 1.4.1 that is used here (the package has none). Its `servers.get()` and
 * `list()` are left out on purpose: they throw on what the API answers since `datacenter` was removed in July 2026.
 */
declare module 'hcloud-js' {
  export interface HttpRequest {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly params?: Readonly<Record<string, string | number>>;
  }
  export interface HttpResponse {
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    data: unknown;
  }
  /** The axios instance of a client, as far as it is needed. */
  export interface Http {
    (request: HttpRequest): Promise<HttpResponse>;
    readonly defaults: Record<string, unknown>;
    readonly interceptors: {
      readonly response: {
        use(onAnswer: (response: HttpResponse) => HttpResponse): number;
        eject(id: number): void;
      };
    };
  }
  export interface ActionView {
    readonly id: unknown;
    readonly status: unknown;
    readonly error?: unknown;
  }
  class Client {
    constructor(options: { token: string; baseURL: string; timeout: number });
    readonly axios: Http;
    readonly servers: {
      readonly actions: {
        powerOff(id: number): Promise<ActionView>;
        powerOn(id: number): Promise<ActionView>;
      };
    };
    readonly actions: { get(id: number): Promise<ActionView> };
  }

  export type { Client };

  const hcloud: { readonly Client: typeof Client };
  export default hcloud;
}
