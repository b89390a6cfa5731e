const PROJECT = `# Connections, and what holds for every sync.
version: 1
timezone: UTC

connections:
  # Without a path: SQL over the files of this folder.
  warehouse:
    type: duckdb
  # The sandbox that \`sluice sandbox\` starts. For your own HubSpot account: leave out base_url and write
  # access_token: "\${env:HUBSPOT_TOKEN}"
  crm:
    type: hubspot
    access_token: sandbox
    base_url: http://127.0.0.1:4010
`;

const MODEL = `/*---
primary_key: person_id
description: People we know, one row each.
tags: [crm]
---*/
select person_id, email, first_name, last_name, company, job_title, city
from read_csv('data/people.csv')
`;

const SYNC = `model: people
description: People into HubSpot contacts
tags: [crm]
destination:
  connection: crm
  object: contacts
write: upsert
match: { email: email }
on_removed: none
fields:
  email: email
  firstname: first_name
  lastname: last_name
  company: company
  jobtitle: job_title
  city: city
`;

const PEOPLE = `person_id,email,first_name,last_name,company,job_title,city
1,ada.moreno@example.com,Ada,Moreno,Larch & Vale,Head of Operations,Lisbon
2,jonas.weber@example.com,Jonas,Weber,Nordkai Logistik,Buyer,Kiel
3,mei.tanaka@example.com,Mei,Tanaka,Aoba Systems,Engineer,Sendai
4,zoe.dupre@example.com,Zoé,Dupré,Atelier Dupré,Founder,Lyon
5,samir.haddad@example.com,Samir,Haddad,Cedar Foods,Sales Lead,Beirut
`;

const README = `# A Sluice project

- \`sluice.yml\`: connections
- \`models/people.sql\`: one SELECT over \`data/people.csv\`
- \`syncs/people_to_hubspot.yml\`: its columns into the fields of HubSpot contacts

\`\`\`
sluice check                      # is everything written down right?
sluice sandbox                    # in a second terminal: a local stand-in for HubSpot on port 4010
sluice plan people_to_hubspot     # what would change?
sluice run people_to_hubspot      # send it
\`\`\`

Change a name in \`data/people.csv\` and plan again: one row, one field.
`;

/** What `sluice init` writes: text by file. It uses HubSpot's standard properties only. */
export const NEW_PROJECT: Readonly<Record<string, string>> = {
  "sluice.yml": PROJECT,
  "models/people.sql": MODEL,
  "syncs/people_to_hubspot.yml": SYNC,
  "data/people.csv": PEOPLE,
  "README.md": README,
  ".gitignore": ".sluice/\n",
};
