-- Schema 2. Never change a schema that was released: add the next one.

-- Who vouches for what validation came to: signed statements, one a line, beside the artifact.
-- Versions that were validated before there were any have none.
ALTER TABLE versions ADD COLUMN attestations TEXT REFERENCES objects (digest);

CREATE TRIGGER versions_attestations BEFORE UPDATE OF attestations ON versions
WHEN OLD.report IS NOT NULL OR (NEW.attestations IS NOT NULL AND NEW.artifact IS NULL)
BEGIN SELECT raise(ABORT, 'what validation came to is immutable'); END;

-- What became of the tools of one agent, by when they were proposed.
CREATE INDEX versions_by_agent ON versions (generated_by_agent_id, created_at);
