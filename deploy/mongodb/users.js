// Run once by the image of MongoDB, on an empty data volume: the roles of roles.json, and a user of each.
const fs = require("fs");
const casestream = db.getSiblingDB("casestream");
for (const role of JSON.parse(fs.readFileSync("/casestream/roles.json", "utf8"))) {
  casestream.runCommand(role);
  const name = role.createRole;
  casestream.createUser({ user: name, pwd: fs.readFileSync(`/run/casestream/${name}-password`, "utf8"), roles: [name] });
}
