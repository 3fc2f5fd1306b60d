/** Where a browser ended up. */
export interface Visit {
  readonly url: URL;
  readonly response: Response;
}

/** A browser without a screen: it keeps cookies, follows redirects, and fills in the development provider's login form. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** What it would send, for tests that change or steal it. */
  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** One request; no redirect is followed. */
  async go(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size > 0)
      headers.set('Cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirects until a page, or until one leads to `stopAt`, which is not visited. */
  async follow(url: string | URL, stopAt: string, init: RequestInit = {}): Promise<Visit> {
    let here = new URL(url);
    let response = await this.go(here, init);
    for (let left = 10; left > 0; left--) {
      const location = response.headers.get('location');
      if (location === null) return { url: here, response };
      await response.body?.cancel();
      here = new URL(location, here);
      if (here.href.startsWith(stopAt)) return { url: here, response };
      response = await this.go(here);
    }
    throw new Error('too many redirects');
  }

  /** Logs in at the form that `url` leads to, and says where the provider sends the browser then. */
  async logIn(url: string | URL, user: string, stopAt: string, password = 'development-only'): Promise<URL> {
    const form = await this.follow(url, stopAt);
    const body = new URLSearchParams({ user, password });
    return (await this.follow(form.url, stopAt, { method: 'POST', body })).url;
  }
}
