import { toMail } from '../src/mail/mail.js';
import { createMailSender } from '../src/mail/mail-sender.js';
import { startMailSink } from '../src/mail/mail-sink.js';
import type { Notification } from '../src/schema.js';

const notification: Notification = {
  id: '7b1c3f0e-8d5a-4c52-9d0f-0a3a3c1d2e4f',
  sender: 'https://census.service/user/21/',
  idempotencyKey: null,
  userUri: 'https://census.service/user/42/',
  type: 'welcome-message',
  name: 'Ada',
  email: 'ada@census.example',
  state: 'queued',
  attempts: 1,
  nextAttemptAt: new Date(0),
  createdAt: new Date(0),
};

describe('A welcome mail', () => {
  it('arrives with the name of its user, as text and as HTML', async () => {
    const sink = await startMailSink();
    const sender = createMailSender({ smtpUrl: sink.url, from: 'welcome@herald.example' });
    try {
      await sender.send(toMail(notification));
      expect(sink.received).toMatchObject([
        {
          from: { address: 'welcome@herald.example' },
          to: [{ name: 'Ada', address: 'ada@census.example' }],
          subject: 'Welcome',
          messageId: `<${notification.id}@herald.example>`,
          text: expect.stringContaining('Hello Ada,'),
          html: expect.stringContaining('<p>Hello Ada,</p>'),
        },
      ]);
    } finally {
      sender.close();
      await sink.close();
    }
  });

  it('shows markup in a name as it was written', () => {
    const mail = toMail({ ...notification, name: `<img src="x" onerror='a&b'>` });
    expect(mail.html).toContain('Hello &lt;img src=&quot;x&quot; onerror=&#39;a&amp;b&#39;&gt;,');
    expect(mail.html).not.toContain('<img');
  });

  it('has no recipient but its user, whatever the name says', async () => {
    const sink = await startMailSink();
    const sender = createMailSender({ smtpUrl: sink.url, from: 'welcome@herald.example' });
    try {
      const name = 'Ada" <eve@evil.example>, "x\r\nBcc: eve@evil.example';
      await sender.send(toMail({ ...notification, name }));
      const [mail] = sink.received;
      expect(mail?.to?.map(({ address }) => address)).toEqual(['ada@census.example']);
      expect(mail?.bcc ?? []).toEqual([]);
    } finally {
      sender.close();
      await sink.close();
    }
  });
});

describe('The mail sink', () => {
  it('keeps the last hundred mails', async () => {
    const sink = await startMailSink();
    const sender = createMailSender({ smtpUrl: sink.url, from: 'welcome@herald.example' });
    try {
      for (let count = 0; count < 102; count += 1)
        await sender.send(toMail({ ...notification, name: `User ${count}` }));
      expect(sink.received).toHaveLength(100);
      expect(sink.received[0]?.to?.[0]?.name).toBe('User 2');
    } finally {
      sender.close();
      await sink.close();
    }
  });
});
