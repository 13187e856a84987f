//! All writing: each public change is one transaction, and each move goes through `move_on`.

use super::objects::Object;
use super::rows::{name_of, parsed, parsed_or_none};
use super::{SqliteKnowledgeBase, failure::Failure, new_uuid};
use crate::version_key::version_key;
use crate::{
    Attribution, Digest, Event, EventData, KbiError, Move, ProposalId, Proposed, Started, State,
    ValidationOutcome,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};
use semver::Version;
use uuid::Uuid;
use validation::{ProposedTool, Verdict};

/// What the moves of one transaction have in common.
pub(super) struct Writing<'a> {
    transaction: &'a Connection,
    /// Of the knowledge base, for the source of its events.
    installation: Uuid,
    now: Timestamp,
    by: &'a Attribution,
}

/// A version as its moves need it.
struct Subject {
    id: ProposalId,
    tool_id: Uuid,
    name: String,
    version: Version,
    content_digest: Digest,
    state: State,
    artifact: Option<Digest>,
}

impl SqliteKnowledgeBase {
    /// Runs a change in a transaction of its own, which an error rolls back.
    pub(super) fn change<T>(
        &self,
        action: &'static str,
        by: &Attribution,
        change: impl FnOnce(&Writing<'_>) -> Result<T, Failure>,
    ) -> Result<T, KbiError> {
        check_attribution(by)?;
        self.transact(|transaction, now| {
            change(&Writing {
                transaction,
                installation: self.installation(),
                now,
                by,
            })
        })
        .map_err(|failure| failure.while_(action))
    }
}

impl Writing<'_> {
    /// See [`KnowledgeBase::propose`](crate::KnowledgeBase::propose).
    pub(super) fn propose(
        &self,
        tool: &ProposedTool,
        content_digest: &Digest,
        proposal: &Object<'_>,
    ) -> Result<Proposed, Failure> {
        let tool_id = self.settle_tool_id(tool)?;
        let known: Option<(ProposalId, State, Digest)> = self
            .transaction
            .prepare_cached(
                "SELECT proposal_id, state, content_digest FROM versions
                 WHERE name = ?1 AND version_key = ?2",
            )?
            .query_row((&tool.name, version_key(&tool.version)), |row| {
                Ok((
                    parsed(row, "proposal_id")?,
                    parsed(row, "state")?,
                    parsed(row, "content_digest")?,
                ))
            })
            .optional()?;
        match known {
            Some((id, state, digest)) if digest == *content_digest => Ok(Proposed {
                id,
                tool_id,
                state,
                already_known: true,
            }),
            Some((known, state, _)) => Err(KbiError::Conflict {
                name: tool.name.clone(),
                version: tool.version.clone(),
                known,
                state,
            }
            .into()),
            None => {
                let subject = Subject {
                    id: new_uuid(self.now).into(),
                    tool_id,
                    name: tool.name.clone(),
                    version: tool.version.clone(),
                    content_digest: *content_digest,
                    state: State::FIRST,
                    artifact: None,
                };
                proposal.put(self.transaction)?;
                self.insert(&subject, tool, proposal)?;
                self.record(&subject, Move::Propose, None, State::FIRST)?;
                Ok(Proposed {
                    id: subject.id,
                    tool_id,
                    state: State::FIRST,
                    already_known: false,
                })
            }
        }
    }

    /// The tool's identity: the known one, the proposal's, or a new one.
    fn settle_tool_id(&self, tool: &ProposedTool) -> Result<Uuid, Failure> {
        let known = self
            .transaction
            .prepare_cached("SELECT tool_id FROM tools WHERE name = ?1")?
            .query_row([&tool.name], |row| parsed::<Uuid>(row, "tool_id"))
            .optional()?;
        if let Some(known) = known {
            return match tool.tool_id {
                Some(given) if given != known => {
                    let name = tool.name.clone();
                    Err(KbiError::ToolIdMismatch { name, known, given }.into())
                }
                _ => Ok(known),
            };
        }
        let tool_id = tool.tool_id.unwrap_or_else(|| new_uuid(self.now));
        let other: Option<String> = self
            .transaction
            .prepare_cached("SELECT name FROM tools WHERE tool_id = ?1")?
            .query_row([tool_id.to_string()], |row| row.get(0))
            .optional()?;
        if let Some(known) = other {
            return Err(KbiError::ToolIdTaken {
                tool_id,
                known,
                name: tool.name.clone(),
            }
            .into());
        }
        self.transaction
            .prepare_cached("INSERT INTO tools (name, tool_id) VALUES (?1, ?2)")?
            .execute((&tool.name, tool_id.to_string()))?;
        Ok(tool_id)
    }

    fn insert(
        &self,
        subject: &Subject,
        tool: &ProposedTool,
        proposal: &Object<'_>,
    ) -> Result<(), Failure> {
        self.transaction
            .prepare_cached(
                "INSERT INTO versions (proposal_id, name, version, version_key, pre_release,
                     description, language, generated_by_agent_id, content_digest, proposal,
                     created_at, state, updated_at)
                 VALUES (:proposal_id, :name, :version, :version_key, :pre_release,
                     :description, :language, :generated_by_agent_id, :content_digest, :proposal,
                     :now, :state, :now)",
            )?
            .execute(named_params! {
                ":proposal_id": subject.id.to_string(),
                ":name": subject.name,
                ":version": subject.version.to_string(),
                ":version_key": version_key(&subject.version),
                ":pre_release": !subject.version.pre.is_empty(),
                ":description": tool.description,
                ":language": name_of(&tool.language),
                ":generated_by_agent_id": tool.generated_by_agent_id,
                ":content_digest": subject.content_digest.to_string(),
                ":proposal": proposal.digest.to_string(),
                ":now": self.now.as_microsecond(),
                ":state": subject.state.as_str(),
            })?;
        Ok(())
    }

    /// See [`KnowledgeBase::begin_validation`](crate::KnowledgeBase::begin_validation).
    pub(super) fn begin_validation(&self, id: ProposalId) -> Result<Started, Failure> {
        let subject = self.subject(id)?;
        let resumed = subject.state == State::Validating;
        let by_move = if resumed {
            Move::ResumeValidation
        } else {
            Move::BeginValidation
        };
        self.move_on(&subject, by_move)?;
        let attempt = self
            .transaction
            .prepare_cached(
                "SELECT count(*) FROM audit WHERE proposal_id = ?1 AND to_state = 'validating'",
            )?
            .query_row([id.to_string()], |row| row.get(0))?;
        Ok(Started { resumed, attempt })
    }

    /// See [`KnowledgeBase::finish_validation`](crate::KnowledgeBase::finish_validation).
    pub(super) fn finish_validation(
        &self,
        id: ProposalId,
        outcome: &ValidationOutcome<'_>,
        objects: &OutcomeObjects<'_>,
    ) -> Result<State, Failure> {
        let mut subject = self.subject(id)?;
        let by_move = Move::of_verdict(outcome.report.verdict);
        let to = legal(&subject, by_move)?;
        check_outcome(&subject, outcome, objects)?;
        objects.put(self.transaction)?;
        subject.artifact = objects.artifact.as_ref().map(|object| object.digest);
        self.record(&subject, by_move, Some(subject.state), to)?;
        let name = |object: &Option<Object<'_>>| object.as_ref().map(|o| o.digest.to_string());
        self.transaction
            .prepare_cached(
                "UPDATE versions SET state = :state, updated_at = :now, verdict = :verdict,
                     confidence = :confidence, report = :report, artifact = :artifact,
                     manifest = :manifest, granted = :granted, attestations = :attestations
                 WHERE proposal_id = :proposal_id",
            )?
            .execute(named_params! {
                ":state": to.as_str(),
                ":now": self.now.as_microsecond(),
                ":verdict": name_of(&outcome.report.verdict),
                ":confidence": outcome.report.confidence.score,
                ":report": objects.report.digest.to_string(),
                ":artifact": name(&objects.artifact),
                ":manifest": name(&objects.manifest),
                ":granted": objects.grant.digest.to_string(),
                ":attestations": name(&objects.attestations),
                ":proposal_id": id.to_string(),
            })?;
        Ok(to)
    }

    /// A move that changes nothing but the state.
    pub(super) fn plain_move(&self, id: ProposalId, by_move: Move) -> Result<State, Failure> {
        self.move_on(&self.subject(id)?, by_move)
    }

    fn move_on(&self, subject: &Subject, by_move: Move) -> Result<State, Failure> {
        let to = legal(subject, by_move)?;
        self.record(subject, by_move, Some(subject.state), to)?;
        self.transaction
            .prepare_cached(
                "UPDATE versions SET state = ?2, updated_at = ?3 WHERE proposal_id = ?1",
            )?
            .execute((
                subject.id.to_string(),
                to.as_str(),
                self.now.as_microsecond(),
            ))?;
        Ok(to)
    }

    /// Writes the row of the audit log and the event, with the next number.
    fn record(
        &self,
        subject: &Subject,
        by_move: Move,
        from: Option<State>,
        to: State,
    ) -> Result<(), Failure> {
        let sequence: u64 = self
            .transaction
            .prepare_cached("SELECT coalesce(max(sequence), 0) + 1 FROM audit")?
            .query_row([], |row| row.get(0))?;
        self.transaction
            .prepare_cached(
                "INSERT INTO audit (sequence, proposal_id, move, from_state, to_state, by, reason,
                     time)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                sequence,
                subject.id.to_string(),
                by_move.as_str(),
                from.map(State::as_str),
                to.as_str(),
                &self.by.by,
                &self.by.reason,
                self.now.as_microsecond(),
            ))?;
        let event = self.event(sequence, subject, by_move, from, to);
        let body = serde_json::to_string(&event).expect("an event has only texts and numbers");
        self.transaction
            .prepare_cached("INSERT INTO events (sequence, body) VALUES (?1, ?2)")?
            .execute((sequence, body))?;
        Ok(())
    }

    fn event(
        &self,
        sequence: u64,
        subject: &Subject,
        by_move: Move,
        from: Option<State>,
        to: State,
    ) -> Event {
        Event {
            specversion: "1.0".to_owned(),
            id: new_uuid(self.now),
            source: format!("/wasm-runner/knowledge-base/{}", self.installation),
            event_type: by_move.event_type().to_owned(),
            subject: format!("{}@{}", subject.name, subject.version),
            time: self.now,
            datacontenttype: "application/json".to_owned(),
            sequence,
            data: EventData {
                proposal_id: subject.id,
                tool_id: subject.tool_id,
                name: subject.name.clone(),
                version: subject.version.clone(),
                by_move,
                from,
                to,
                artifact_digest: subject.artifact,
                by: self.by.by.clone(),
                reason: self.by.reason.clone(),
            },
        }
    }

    fn subject(&self, id: ProposalId) -> Result<Subject, Failure> {
        self.transaction
            .prepare_cached(
                "SELECT tool_id, name, version, content_digest, state, artifact
                 FROM versions JOIN tools USING (name) WHERE proposal_id = ?1",
            )?
            .query_row([id.to_string()], |row| {
                Ok(Subject {
                    id,
                    tool_id: parsed(row, "tool_id")?,
                    name: row.get("name")?,
                    version: parsed(row, "version")?,
                    content_digest: parsed(row, "content_digest")?,
                    state: parsed(row, "state")?,
                    artifact: parsed_or_none(row, "artifact")?,
                })
            })
            .optional()?
            .ok_or_else(|| KbiError::UnknownProposal { id }.into())
    }
}

fn legal(subject: &Subject, by_move: Move) -> Result<State, KbiError> {
    let id = subject.id;
    subject
        .state
        .after(by_move)
        .map_err(|source| KbiError::IllegalMove { id, source })
}

/// What a validation came to, made ready to be kept before the transaction begins.
pub(super) struct OutcomeObjects<'a> {
    report: Object<'a>,
    artifact: Option<Object<'a>>,
    manifest: Option<Object<'a>>,
    grant: Object<'a>,
    attestations: Option<Object<'a>>,
}

impl<'a> OutcomeObjects<'a> {
    pub(super) fn of(outcome: &ValidationOutcome<'a>) -> Result<Self, KbiError> {
        let artifact = outcome
            .artifact
            .map(|bytes| Object::of_bytes(bytes, "artifact"));
        let manifest = outcome
            .manifest
            .map(|manifest| Object::of_json(manifest, "manifest"));
        let attestations = outcome
            .attestations
            .map(|text| Object::of_bytes(text.as_bytes(), "attestations"));
        Ok(Self {
            report: Object::of_json(outcome.report, "report")?,
            artifact: artifact.transpose()?,
            manifest: manifest.transpose()?,
            grant: Object::of_json(outcome.grant, "grant")?,
            attestations: attestations.transpose()?,
        })
    }

    fn put(&self, transaction: &Connection) -> Result<(), Failure> {
        let optional = [&self.artifact, &self.manifest, &self.attestations];
        for object in [&self.report, &self.grant]
            .into_iter()
            .chain(optional.into_iter().flatten())
        {
            object.put(transaction)?;
        }
        Ok(())
    }
}

/// Whether the parts belong together and to this proposal.
fn check_outcome(
    subject: &Subject,
    outcome: &ValidationOutcome<'_>,
    objects: &OutcomeObjects<'_>,
) -> Result<(), KbiError> {
    let report = outcome.report;
    let refuse = |problem: String| {
        Err(KbiError::OutcomeMismatch {
            id: subject.id,
            problem,
        })
    };
    if (&report.name, &report.version) != (&subject.name, &subject.version) {
        return refuse(format!(
            "the report is of {}@{}, the proposal of {}@{}",
            report.name, report.version, subject.name, subject.version
        ));
    }
    if report.proposal_digest != subject.content_digest.to_string() {
        return refuse(format!(
            "the report is of the content {}, the proposal has {}",
            report.proposal_digest, subject.content_digest
        ));
    }
    let built = objects
        .artifact
        .as_ref()
        .map(|object| object.digest.to_string());
    if report.artifact_digest != built {
        let said = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "none".to_owned());
        return refuse(format!(
            "the report names the artifact {}, given is {}",
            said(&report.artifact_digest),
            said(&built)
        ));
    }
    if let Some(manifest) = outcome.manifest
        && (&manifest.name, &manifest.version) != (&subject.name, &subject.version)
        && report.verdict != Verdict::Failed
    {
        return refuse(format!(
            "the manifest is of {}@{}",
            manifest.name, manifest.version
        ));
    }
    if outcome.attestations.is_some() && built.is_none() {
        return refuse(
            "there are attestations, and no artifact that they could be about".to_owned(),
        );
    }
    if report.verdict != Verdict::Failed && (built.is_none() || outcome.manifest.is_none()) {
        return refuse("a verdict other than `failed` needs an artifact and a manifest".to_owned());
    }
    Ok(())
}

fn check_attribution(by: &Attribution) -> Result<(), KbiError> {
    let parts = [
        ("attribution.by", &by.by, Attribution::MAX_BY),
        ("attribution.reason", &by.reason, Attribution::MAX_REASON),
    ];
    for (field, text, most) in parts {
        if text.trim().is_empty() || text.len() > most {
            return Err(KbiError::InvalidInput {
                field: field.to_owned(),
                problem: format!(
                    "has {} bytes; 1 to {most} are expected, not all blank",
                    text.len()
                ),
            });
        }
    }
    Ok(())
}
