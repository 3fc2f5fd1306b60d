INSERT INTO "users" ("id", "name", "email", "role") VALUES
  (7, 'Census Admin', 'admin@census.example', 'admin'),
  (21, 'Census Support', 'support@census.example', 'support'),
  (42, 'Census User', 'user@census.example', 'customer'),
  (63, 'Another User', 'another@census.example', 'customer')
ON CONFLICT DO NOTHING;
