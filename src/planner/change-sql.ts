import type { CompiledField, CompiledMatch } from "../contract/mapping.ts";
import type { PlanRequest, SnapshotMeta } from "../contract/planner.ts";
import type { Removal } from "../contract/project.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { owedField, triggersSql } from "./owed-fields.ts";
import { T } from "./stage-sql.ts";
import { comparableSql, jsonHasSql, jsonMemberSql, jsonMembersSql, jsonObjectSql } from "./value-sql.ts";

/** Valid rows of the diff with their place in the queue of refusals; their values stay where they are. */
export function dueSql(request: PlanRequest): string {
  return `create temp table sluice_due as
    select d.*, coalesce(r.attempts, 0) as attempts,
      r.key is not null and (r.next_try is null or (coalesce(r.hash = cast(d.hash as varchar), false) and r.next_try > ${request.nowMs})) as waiting
    from ${T.diff} d join ${T.payload} p on p.key = d.key and p.hash = d.hash and p.error is null
    left join ${T.rejects} r on r.key = d.key and not r.is_removal`;
}

/** What the destination last acknowledged of the field. */
function oldSql(index: number): string {
  return `old[${index + 1}]`;
}

/**
 * When a field of a row travels. A row linked before sends what differs from the last acknowledged value, and whatever an
 * unanswered write may have left behind; a row without a record of ours sends all it has, and never a null that would wipe
 * what people typed (S13, S14).
 */
function sendsSql(field: CompiledField, index: number, resend: boolean): string {
  const value = `v${index}`;
  const old = oldSql(index);
  const doubted = jsonHasSql("doubt", field.field);
  const differs = resend
    ? "true"
    : `${comparableSql(field.type, value)} is distinct from ${comparableSql(field.type, old)}`;
  const nullGoes = { clear_ours: `(${old} is not null or ${doubted})`, write: "true", skip: "false" }[field.onNull];
  const blank = field.onBlank === "skip" ? `and ${value} is distinct from ''` : "";
  const linked = `(${differs} or ${doubted}) and (${value} is not null or ${nullGoes}) ${blank}`;
  const fresh = `(${value} is not null or ${field.onNull === "write" ? "true" : doubted}) ${blank}`;
  return `case when is_linked then ${linked} else ${fresh} end`;
}

/** A record that was found gets its key where it does not have it already. */
function sendsKeySql(field: CompiledField, index: number, keys: ReadonlySet<string>): string {
  if (!keys.has(field.field)) return "false";
  const value = `v${index}`;
  const stood = `coalesce(${oldSql(index)}, present[${index + 1}])`;
  return `${value} is not null and ${comparableSql(field.type, value)} is distinct from ${comparableSql(field.type, stood)}`;
}

/**
 * Due rows with what is sent (`fields`), what stood there (`before`) and the whole row (`payload`), as JSON objects.
 * `compared` is the snapshot's meta where its hashes say nothing, so that all rows are compared by value.
 */
export function changesSql(request: PlanRequest, compared: SnapshotMeta | null): string {
  const { fields, match } = request.mapping;
  const keys = new Set(match[0]?.map((part) => part.field));
  const together = new Map(request.mapping.sendTogether.flatMap((group) => group.map((field) => [field, group])));
  const names = fields.map((field) => field.field);
  const sends = fields.map((field, index) => {
    const goes = request.keysOnly ? sendsKeySql(field, index, keys) : sendsSql(field, index, request.resend);
    return `${goes} as s${index}`;
  });
  const indexOf = new Map(fields.map((field, index) => [field.field, index]));
  const when = (field: CompiledField, index: number): string => {
    const group = together.get(field.field) ?? [field.field];
    return group.map((name) => `s${indexOf.get(name) ?? index}`).join(" or ");
  };
  const sent = fields.map((field, index) => ({ field: field.field, value: `v${index}`, when: when(field, index) }));
  const before = fields.map((field, index) => ({
    field: field.field,
    value: `case when is_linked and mark is distinct from 'linked' then ${oldSql(index)} else present[${index + 1}] end`,
    when: `(${when(field, index)}) and (is_linked or link_id is not null)`,
  }));
  const whole = fields.map((field, index) => ({ field: field.field, value: `v${index}`, when: null }));
  // A row that is only owed a field stays as it is until something else of it changes.
  const triggers = fields.map((field, index) => {
    const owed = compared === null ? null : owedField(request, compared, field.field);
    return triggersSql(owed, `s${index}`, oldSql(index), jsonHasSql("doubt", field.field));
  });
  const isQuiet =
    compared === null
      ? "false"
      : `is_linked and mark is distinct from 'linked' and not (${triggers.join(" or ") || "false"})`;
  const matchJson = `'[' || concat_ws(',', ${match.map((entry, index) => matchEntrySql(entry, index)).join(", ")}) || ']'`;
  return `create temp table sluice_changes as
    select key, hash, known, attempts, mark, is_linked, link_id, ${match.length > 0 ? "m0" : "null as m0"}, coalesce(remote_id, link_id) as remote_id,
      case when is_linked then origin when link_id is not null then coalesce(link_origin, ${foundOriginSql(request)}) end as origin,
      ${matchJson} as match, case when ${isQuiet} then '{}' else ${jsonObjectSql(sent)} end as fields, ${jsonObjectSql(before)} as before, case when is_linked then ${jsonObjectSql(whole)} end as payload
    from (select *, ${sends.join(", ")} from (
      select t.* replace (case when l.remote_id = t.former_id then l.remote_id else t.remote_id end as remote_id),
        nullif(l.remote_id, t.former_id) as link_id, l.origin as link_origin,
        t.remote_id is not null or coalesce(l.remote_id = t.former_id, false) as is_linked,
        ${fields.map((_, index) => `p.v${index}, `).join("")}
        ${jsonMembersSql("t.old_payload", names)} as old, ${jsonMembersSql("coalesce(l.present, t.found)", names)} as present
      from ${T.due} t join ${T.payload} p on p.key = t.key left join ${T.links} l on l.key = t.key where not t.waiting))`;
}

/** A record that an insert of ours may have made is no stranger's: whose it is, is unknown (S9). */
function foundOriginSql(request: PlanRequest): string {
  return request.write === "insert" ? "case when doubt is null then 'adopted' else 'unknown' end" : "'adopted'";
}

/** One match entry of a row as JSON: its values by field, `null` where one is missing. */
function matchEntrySql(entry: readonly CompiledMatch[], index: number): string {
  const parts = entry.map((part, place) => ({
    field: part.field,
    value: entry.length === 1 ? `m${index}` : `json_extract_string(m${index}, '$[${place}]')`,
    when: null,
  }));
  return `case when m${index} is null then 'null' else ${jsonObjectSql(parts)} end`;
}

/** Rows that were looked at and need no call: they get the new hash, and come back if they were away. */
export function touchSql(): string {
  return `insert into ${T.touch} select key, hash from ${T.changes} where is_linked and fields = '{}'`;
}

/** What a removal of one kind sends, as a JSON object; NULL where nothing is planned. */
function removalFieldsSql(removal: Removal, request: PlanRequest): string {
  if (removal.kind === "set") return quoteText(JSON.stringify(removal.fields));
  if (removal.kind !== "clear") return "'{}'";
  const keys = new Set(request.mapping.match.flat().map((part) => part.field));
  const ours = request.mapping.fields.filter((field) => !keys.has(field.field));
  return jsonObjectSql(
    ours.map(({ field }) => ({
      field,
      value: "null::varchar",
      when: `(${jsonMemberSql("r.old_payload", field)} is not null or ${jsonHasSql("r.doubt", field)})`,
    })),
  );
}

function removalBeforeSql(request: PlanRequest): string {
  return jsonObjectSql(
    request.mapping.fields.map(({ field }) => {
      const value = jsonMemberSql("r.old_payload", field);
      return { field, value, when: `${value} is not null` };
    }),
  );
}

/** Removals go out in this order. */
const REMOVALS = ["clear", "set", "archive", "delete"];
/** Rows of a plan in the order in which they go out: by id, by match, removals by their kind, then what needs no call. */
const PARTS = [1, 2, ...REMOVALS.map((_, index) => 3 + index), 9];

/** A select of everything planned, with the part of the plan that each row belongs to. */
export function plannedSql(request: PlanRequest, isShared: string): string {
  const operation = quoteText(request.write);
  // Somebody deleted the record of this row: it is looked for, and made anew only where the sync says so (S6).
  const isGone = request.onMissingRecord === "recreate" ? "false" : "remote_id is null and mark = 'unmatched'";
  const settled = {
    upsert: `case when ${isGone} then 'skipped' end`,
    update: "case when remote_id is null then 'skipped' end",
    insert: "case when remote_id is not null and link_id is not null then 'skipped' end",
  }[request.write];
  const reason = {
    upsert: `case when ${isGone} then 'the record is gone from the destination' end`,
    update: "case when remote_id is null then 'no record matches' end",
    insert: "case when link_id is not null then 'record ' || link_id || ' is there already' end",
  }[request.write];
  const created = request.onRemoved;
  const adopted = request.onRemovedAdopted;
  const byOrigin = (pick: (removal: Removal) => string) =>
    `case when r.origin = 'created' then ${pick(created)} else ${pick(adopted)} end`;
  const named = created.kind === "none" ? adopted.kind : created.kind;
  const kind = (removal: Removal) => quoteText(removal.kind === "none" ? named : removal.kind);
  const changes = `select ${operation} as operation, case when known and mark is distinct from 'linked' then 'changed' else 'added' end as change, key,
      ${request.keysOnly ? "null::varchar" : "cast(hash as varchar)"} as hash, remote_id, origin, link_id is not null or coalesce(mark = 'linked', false) as adopted, match, fields, before, payload,
      ${settled} as settled, ${reason} as reason, known as is_known, attempts, case when remote_id is null then 2 else 1 end as part
    from ${T.changes} where not (is_linked and fields = '{}')`;
  const removals = `select ${byOrigin(kind)} as operation, 'removed' as change, r.key, null as hash, r.remote_id, r.origin,
      false as adopted, null as match, ${byOrigin((removal) => removalFieldsSql(removal, request))} as fields,
      ${removalBeforeSql(request)} as before, r.old_payload as payload,
      case when ${isShared} then 'transferred' when ${byOrigin((removal) => (removal.kind === "none" ? "true" : "false"))} then 'skipped' end as settled,
      case when ${isShared} then 'another row or sync holds this record' when ${byOrigin((removal) => (removal.kind === "none" ? "true" : "false"))}
        then case when r.origin = 'created' then 'removed records of ours stay as they are' else 'the record was there before us' end end as reason,
      true as is_known, r.attempts,
      3 + list_position([${REMOVALS.map(quoteText).join(", ")}], ${byOrigin(kind)}) - 1 as part
    from ${T.removed} r where r.planned and not r.waiting`;
  return `(select * exclude (part), case when settled is null then part else 9 end as part
    from (${changes} union all ${removals}))`;
}

export function partCountsSql(planned: string): string {
  return `select part, count(*) as rows from ${planned} group by part`;
}

/**
 * Numbers the rows part by part. Within a part the order is as it comes: sorting whole rows would take as much memory again
 * as the plan, and nothing depends on it.
 */
export function numberedSql(planned: string, rowsByPart: ReadonlyMap<number, number>): string {
  let from = 0;
  const selects = PARTS.filter((part) => rowsByPart.has(part)).map((part) => {
    const select = `select ${from} + row_number() over () - 1 as seq, * exclude (part) from ${planned} where part = ${part}`;
    from += rowsByPart.get(part) ?? 0;
    return select;
  });
  return selects.length > 0
    ? selects.join(" union all ")
    : `select 0::bigint as seq, * exclude (part) from ${planned} where false`;
}

/** A plan without rows, of the columns that every plan has. */
export function emptyPlanSql(): string {
  return `select null::bigint as seq, null::varchar as operation, null::varchar as change, null::varchar as key,
    null::varchar as hash, null::varchar as remote_id, null::varchar as origin, null::boolean as adopted,
    null::varchar as match, null::varchar as fields, null::varchar as before, null::varchar as payload,
    null::varchar as settled, null::varchar as reason, null::boolean as is_known, null::integer as attempts where false`;
}
