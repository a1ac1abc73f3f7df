-- A database as an earlier server of this kind left it on MySQL: its tables, and rows with all that is odd in them.
SET NAMES utf8mb4;

CREATE TABLE Users (
  customer_id INT NOT NULL AUTO_INCREMENT,
  username VARCHAR(50) NOT NULL,
  password VARCHAR(100) NOT NULL,
  email VARCHAR(100),
  created_at DATETIME NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE INDEX `ix_Users_customer_id` ON Users (customer_id);

CREATE TABLE chat_groups (
  id CHAR(32) NOT NULL,
  user_id INT NOT NULL,
  name VARCHAR(255),
  mode VARCHAR(50) NOT NULL,
  leader_agent VARCHAR(50),
  context_window_size INT,
  created_at DATETIME NOT NULL DEFAULT now(),
  updated_at DATETIME NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES Users (customer_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE ChatSessionsNG (
  session_id VARCHAR(36) NOT NULL,
  customer_id INT NOT NULL,
  session_name VARCHAR(100),
  ai_character_name VARCHAR(50),
  ai_text_gen_model VARCHAR(50),
  auto_trigger_tts BOOL NOT NULL,
  claude_session_id VARCHAR(36),
  tags JSON,
  group_id CHAR(32),
  created_at DATETIME NOT NULL,
  last_update DATETIME NOT NULL,
  task_status VARCHAR(10),
  task_priority VARCHAR(10),
  task_description VARCHAR(500),
  PRIMARY KEY (session_id),
  FOREIGN KEY (customer_id) REFERENCES Users (customer_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE INDEX `ix_ChatSessionsNG_session_id` ON ChatSessionsNG (session_id);
CREATE INDEX `ix_ChatSessionsNG_customer_id` ON ChatSessionsNG (customer_id);
CREATE INDEX `ix_ChatSessionsNG_group_id` ON ChatSessionsNG (group_id);
CREATE INDEX `ix_ChatSessionsNG_task_status` ON ChatSessionsNG (task_status);
CREATE INDEX idx_agent_task ON ChatSessionsNG (ai_character_name, task_status);

CREATE TABLE ChatMessagesNG (
  message_id INT NOT NULL AUTO_INCREMENT,
  session_id VARCHAR(36) NOT NULL,
  customer_id INT NOT NULL,
  sender VARCHAR(255) NOT NULL,
  message TEXT,
  ai_reasoning TEXT,
  image_locations JSON,
  image_description TEXT,
  file_locations JSON,
  chart_data JSON,
  ai_character_name TEXT,
  is_tts BOOL NOT NULL,
  api_text_gen_model_name TEXT,
  api_text_gen_settings JSON,
  api_tts_gen_model_name TEXT,
  api_image_gen_settings JSON,
  image_generation_request JSON,
  claude_code_data JSON,
  is_gps_location_message BOOL NOT NULL,
  show_transcribe_button BOOL NOT NULL,
  favorite BOOL NOT NULL,
  test_mode BOOL NOT NULL,
  responding_agent VARCHAR(50),
  created_at DATETIME NOT NULL,
  PRIMARY KEY (message_id),
  FOREIGN KEY (session_id) REFERENCES ChatSessionsNG (session_id),
  FOREIGN KEY (customer_id) REFERENCES Users (customer_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE INDEX `ix_ChatMessagesNG_session_id` ON ChatMessagesNG (session_id);
CREATE INDEX `ix_ChatMessagesNG_customer_id` ON ChatMessagesNG (customer_id);

CREATE TABLE Prompts (
  prompt_id INT NOT NULL AUTO_INCREMENT,
  customer_id INT NOT NULL,
  title VARCHAR(100) NOT NULL,
  prompt TEXT NOT NULL,
  PRIMARY KEY (prompt_id),
  FOREIGN KEY (customer_id) REFERENCES Users (customer_id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE INDEX `ix_Prompts_customer_id` ON Prompts (customer_id);

CREATE TABLE batch_jobs (
  id INT NOT NULL AUTO_INCREMENT,
  job_id VARCHAR(255) NOT NULL,
  customer_id INT NOT NULL,
  provider VARCHAR(50) NOT NULL,
  model VARCHAR(100) NOT NULL,
  status ENUM('queued', 'processing', 'completed', 'failed', 'cancelled', 'expired') NOT NULL,
  request_count INT NOT NULL,
  succeeded_count INT,
  failed_count INT,
  cancelled_count INT,
  expired_count INT,
  results_url VARCHAR(500),
  error_message TEXT,
  created_at DATETIME DEFAULT now(),
  started_at DATETIME,
  completed_at DATETIME,
  expires_at DATETIME,
  metadata JSON,
  PRIMARY KEY (id),
  UNIQUE (job_id),
  FOREIGN KEY (customer_id) REFERENCES Users (customer_id) ON DELETE CASCADE
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE session_summaries (
  session_id VARCHAR(36) NOT NULL,
  summary TEXT,
  PRIMARY KEY (session_id),
  FOREIGN KEY (session_id) REFERENCES ChatSessionsNG (session_id) ON DELETE CASCADE
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('3f2a9c1d0b77');

INSERT INTO Users VALUES
  (7, 'anna', '$2b$04$HS7qaeldWi/WUW53dpvN1u13Mhd75T9pClvxk46G6gKU/xLKvNB32', 'Anna@example.org', '2023-11-05 01:30:00'),
  (9, 'Борис', '$2b$04$HS7qaeldWi/WUW53dpvN1u13Mhd75T9pClvxk46G6gKU/xLKvNB32', '', '2023-11-05 01:30:00'),
  (12, 'carla', '$2b$04$HS7qaeldWi/WUW53dpvN1u13Mhd75T9pClvxk46G6gKU/xLKvNB32', '', '2024-02-29 23:59:59');

INSERT INTO chat_groups (id, user_id, mode) VALUES ('0f0e0d0c0b0a09080706050403020100', 7, 'sequential');

-- Everything that may be null is; JSON nulls beside SQL's; a group that is gone; JSON with ASCII escapes.
INSERT INTO ChatSessionsNG VALUES
  ('11111111-1111-4111-8111-111111111111', 7, 'Tides 🌊', 'assistant', 'gpt-4o', 1, NULL,
   '["work", "\\u00fcber", "\\ud83e\\udd89"]', NULL, '2024-03-31 02:30:00', '2024-03-31 02:31:00', NULL, NULL, NULL),
  ('22222222-2222-4222-8222-222222222222', 7, NULL, NULL, NULL, 0, NULL, NULL,
   'ffffffffffffffffffffffffffffffff', '2024-01-01 00:00:00', '2024-01-02 00:00:00', NULL, NULL, NULL),
  ('33333333-3333-4333-8333-333333333333', 7, 'A task', 'sherlock', NULL, 0, NULL, 'null',
   '0f0e0d0c0b0a09080706050403020100', '2024-01-01 00:00:00', '2024-01-01 00:00:00', 'active', 'high', 'Find it'),
  ('44444444-4444-4444-8444-444444444444', 9, 'Of Boris', 'assistant', NULL, 0, NULL, '[]', NULL,
   '2024-01-01 00:00:00', '2024-01-01 00:00:00', NULL, NULL, NULL);

-- A question and its answer of the same second; lists that are null, 'null', '[]' and filled.
INSERT INTO ChatMessagesNG VALUES
  (101, '11111111-1111-4111-8111-111111111111', 7, 'User', 'When is high tide? 🌊 100%', NULL, '[]', NULL, '[]', NULL,
   NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, '2024-03-31 02:30:00'),
  (102, '11111111-1111-4111-8111-111111111111', 7, 'AI', 'At noon. 東京', 'Let me think 🤔', 'null', NULL,
   '["https://files.example.org/a%20b.mp3"]', '[{"type": "line", "title": "\\ud83d\\udcc8"}]',
   'assistant', 1, 'gpt-4o', '{"model": "gpt-4o", "temperature": 0.7}', 'tts-1', '{}', '{}', 'null', 0, 0, 1, 0, NULL,
   '2024-03-31 02:30:00'),
  (103, '11111111-1111-4111-8111-111111111111', 7, 'User', 'Thanks', NULL, NULL, NULL, NULL, NULL,
   '', 0, '', NULL, '', NULL, NULL, '{}', 0, 1, 0, 0, NULL, '2024-03-31 02:31:00'),
  (104, '22222222-2222-4222-8222-222222222222', 7, 'AI', 'From a group', NULL, '[]', NULL, '[]', 'null',
   'sherlock', 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 'sherlock', '2024-01-02 00:00:00'),
  (105, '22222222-2222-4222-8222-222222222222', 7, 'System', NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, '2024-01-02 00:00:00'),
  (106, '44444444-4444-4444-8444-444444444444', 9, 'User', 'Of Boris: tide', NULL, '[]', NULL, '[]', NULL,
   NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, '2024-01-01 00:00:00');

INSERT INTO Prompts VALUES (5, 7, 'Grüße', 'Say hello 👋');
INSERT INTO session_summaries VALUES ('22222222-2222-4222-8222-222222222222', 'About a group');
INSERT INTO batch_jobs (job_id, customer_id, provider, model, status, request_count, metadata)
  VALUES ('job-1', 7, 'openai', 'gpt-4o', 'completed', 2, '{"description": "nightly"}'),
         ('job-2', 12, 'openai', 'gpt-4o', 'queued', 1, NULL);
