CREATE TABLE "notifications" (
  "id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "sender" text NOT NULL,
  "idempotency_key" text,
  "user_uri" text NOT NULL,
  "type" text NOT NULL,
  "name" text NOT NULL,
  "email" text NOT NULL,
  "state" text NOT NULL DEFAULT 'queued',
  "attempts" integer NOT NULL DEFAULT 0,
  "next_attempt_at" timestamp with time zone NOT NULL DEFAULT now(),
  "created_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "notifications_state_known" CHECK ("state" IN ('queued', 'sent', 'failed')),
  CONSTRAINT "notifications_idempotency_key_unique" UNIQUE ("sender", "idempotency_key")
);
--> statement-breakpoint
CREATE INDEX "notifications_queued" ON "notifications" ("next_attempt_at") WHERE "state" = 'queued';
