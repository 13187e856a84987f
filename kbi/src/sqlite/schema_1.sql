-- Schema 1. Never change a schema that was released: add the next one.
--
-- Digests are SHA-256 in lower-case hex, ids are UUIDs as text, times are microseconds since 1970.
-- The triggers are the second line of defence, for hands that come with an SQL shell: the first
-- is that the code has one place that writes moves.

CREATE TABLE installation (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    uuid       TEXT    NOT NULL CHECK (length(uuid) = 36),
    created_at INTEGER NOT NULL
) STRICT;

-- Whatever never changes, by its digest: modules, and proposals, reports, manifests and grants
-- as JSON. It is verified at each reading.
CREATE TABLE objects (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE tools (
    name    TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    tool_id TEXT NOT NULL UNIQUE CHECK (length(tool_id) = 36)
) STRICT;

CREATE TABLE versions (
    proposal_id           TEXT    NOT NULL PRIMARY KEY CHECK (length(proposal_id) = 36),
    name                  TEXT    NOT NULL REFERENCES tools (name),
    version               TEXT    NOT NULL,
    -- Sorts as the version does; see version_key.rs.
    version_key           BLOB    NOT NULL,
    pre_release           INTEGER NOT NULL CHECK (pre_release IN (0, 1)),
    description           TEXT    NOT NULL,
    language              TEXT    NOT NULL,
    generated_by_agent_id TEXT    NOT NULL,
    content_digest        TEXT    NOT NULL CHECK (length(content_digest) = 64),
    proposal              TEXT    NOT NULL REFERENCES objects (digest),
    created_at            INTEGER NOT NULL,

    state                 TEXT    NOT NULL CHECK (state IN (
        'proposed', 'validating', 'passed', 'failed', 'review', 'active', 'rejected',
        'deprecated', 'rolled_back')),
    updated_at            INTEGER NOT NULL,

    -- What validation came to: written once, with the state that follows.
    verdict               TEXT CHECK (verdict IN ('passed', 'failed', 'human_review_required')),
    confidence            REAL,
    report                TEXT REFERENCES objects (digest),
    artifact              TEXT REFERENCES objects (digest),
    manifest              TEXT REFERENCES objects (digest),
    granted               TEXT REFERENCES objects (digest),

    -- No half validations.
    CHECK ((state IN ('proposed', 'validating')) = (report IS NULL)),
    CHECK ((report IS NULL) = (verdict IS NULL)),
    CHECK ((report IS NULL) = (confidence IS NULL)),
    CHECK ((report IS NULL) = (granted IS NULL)),
    CHECK (report IS NOT NULL OR (artifact IS NULL AND manifest IS NULL)),
    CHECK (state IN ('proposed', 'validating', 'failed')
           OR (artifact IS NOT NULL AND manifest IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX versions_in_order ON versions (name, version_key DESC);
CREATE INDEX versions_unfinished ON versions (proposal_id) WHERE state IN ('proposed', 'validating');
CREATE INDEX versions_by_artifact ON versions (artifact) WHERE artifact IS NOT NULL;

-- Each move is one row here and one event with the same number: neither can be committed
-- without the other.
CREATE TABLE audit (
    sequence    INTEGER PRIMARY KEY REFERENCES events (sequence) DEFERRABLE INITIALLY DEFERRED,
    proposal_id TEXT    NOT NULL REFERENCES versions (proposal_id),
    move        TEXT    NOT NULL,
    from_state  TEXT,
    to_state    TEXT    NOT NULL,
    by          TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    time        INTEGER NOT NULL,
    CHECK ((from_state IS NULL) = (move = 'propose'))
) STRICT;

CREATE INDEX audit_of_proposal ON audit (proposal_id, sequence);

CREATE TABLE events (
    sequence INTEGER PRIMARY KEY REFERENCES audit (sequence) DEFERRABLE INITIALLY DEFERRED,
    body     TEXT NOT NULL
) STRICT;

-- A BEFORE trigger also stops REPLACE, which deletes silently.
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
BEGIN SELECT CASE
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
    THEN raise(ABORT, 'audit rows are numbered without gaps')
    WHEN NEW.from_state IS NOT (SELECT to_state FROM audit WHERE proposal_id = NEW.proposal_id
                                ORDER BY sequence DESC LIMIT 1)
    THEN raise(ABORT, 'a move starts where the last one ended')
END; END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER events_in_order BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
BEGIN SELECT raise(ABORT, 'events are numbered without gaps'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'events are append-only'); END;

CREATE TRIGGER objects_no_replace BEFORE INSERT ON objects
WHEN EXISTS (SELECT 1 FROM objects WHERE digest = NEW.digest)
BEGIN SELECT raise(ABORT, 'objects are immutable'); END;
CREATE TRIGGER objects_no_update BEFORE UPDATE ON objects
BEGIN SELECT raise(ABORT, 'objects are immutable'); END;
CREATE TRIGGER objects_no_delete BEFORE DELETE ON objects
BEGIN SELECT raise(ABORT, 'objects are immutable'); END;

CREATE TRIGGER tools_no_replace BEFORE INSERT ON tools
WHEN EXISTS (SELECT 1 FROM tools WHERE name = NEW.name OR tool_id = NEW.tool_id)
BEGIN SELECT raise(ABORT, 'a tool keeps its id'); END;
CREATE TRIGGER tools_no_update BEFORE UPDATE ON tools
BEGIN SELECT raise(ABORT, 'a tool keeps its id'); END;
CREATE TRIGGER tools_no_delete BEFORE DELETE ON tools
BEGIN SELECT raise(ABORT, 'a tool is known for good'); END;

CREATE TRIGGER versions_begin BEFORE INSERT ON versions
WHEN NEW.state <> 'proposed'
  OR EXISTS (SELECT 1 FROM versions
             WHERE proposal_id = NEW.proposal_id
                OR (name = NEW.name AND version_key = NEW.version_key))
BEGIN SELECT raise(ABORT, 'a version begins as proposed, once'); END;
CREATE TRIGGER versions_no_delete BEFORE DELETE ON versions
BEGIN SELECT raise(ABORT, 'a version is known for good'); END;
CREATE TRIGGER versions_content BEFORE UPDATE OF
    proposal_id, name, version, version_key, pre_release, description, language,
    generated_by_agent_id, content_digest, proposal, created_at ON versions
BEGIN SELECT raise(ABORT, 'what was proposed is immutable'); END;
CREATE TRIGGER versions_outcome BEFORE UPDATE OF
    verdict, confidence, report, artifact, manifest, granted ON versions
WHEN OLD.report IS NOT NULL
BEGIN SELECT raise(ABORT, 'what validation came to is immutable'); END;
CREATE TRIGGER versions_move BEFORE UPDATE OF state ON versions
WHEN NEW.state IS NOT (
    SELECT to_state FROM audit WHERE proposal_id = NEW.proposal_id ORDER BY sequence DESC LIMIT 1)
BEGIN SELECT raise(ABORT, 'a state is where the last audited move ended'); END;
