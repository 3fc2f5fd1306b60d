import { escapeHtml } from '../src/escape-html.js';

describe('a text in HTML', () => {
  it('opens no tag, closes no attribute and begins no entity', () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;</a>`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
    );
  });

  it('stays as it is where it has nothing of that', () => {
    expect(escapeHtml('Census Support, 21/é')).toBe('Census Support, 21/é');
  });
});
