/** A browser without a screen: it keeps cookies, follows redirects to the same site, and fills in the login form. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** One request; no redirect is followed. */
  async go(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value === '') this.#cookies.delete(name!);
      else this.#cookies.set(name!, value!);
    }
    return response;
  }

  /** Follows redirects until a page, or until one leads to `stopAt`. */
  async follow(
    url: string | URL,
    stopAt: string,
    init: RequestInit = {},
  ): Promise<{ url: URL; response: Response }> {
    let here = new URL(url);
    let response = await this.go(here, init);
    for (let left = 10; left > 0; left--) {
      const location = response.headers.get('location');
      if (location === null) return { url: here, response };
      here = new URL(location, here);
      if (here.href.startsWith(stopAt)) return { url: here, response };
      response = await this.go(here);
    }
    throw new Error('too many redirects');
  }

  /** Logs in at the page that `url` leads to, and says where the provider sends the browser then. */
  async logIn(url: string | URL, user: string, stopAt: string, password = 'development-only'): Promise<URL> {
    const page = await this.follow(url, stopAt);
    const body = new URLSearchParams({ user, password });
    return (await this.follow(page.url, stopAt, { method: 'POST', body })).url;
  }
}
