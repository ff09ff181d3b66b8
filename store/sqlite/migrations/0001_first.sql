-- oldest: 1

-- One row of meta for what belongs to the file as a whole. salt keys the hashes that take the place of erased addresses.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

-- A campaign. What every commit changes stands here; what is read once stands in run_body.
CREATE TABLE run (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	id          TEXT NOT NULL UNIQUE,
	grp         TEXT NOT NULL,
	touchpoint  TEXT NOT NULL,
	notice      INTEGER NOT NULL,
	created     INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	revision    INTEGER NOT NULL,
	stamp       INTEGER NOT NULL,             -- raised with every change of run_body
	state       TEXT NOT NULL,
	ended       INTEGER NOT NULL,
	tail        INTEGER NOT NULL,
	purged      INTEGER NOT NULL,
	emptied     INTEGER NOT NULL DEFAULT 0,   -- a purge has nothing left to do
	pending     INTEGER NOT NULL,
	sending     INTEGER NOT NULL,
	uncertain   INTEGER NOT NULL,
	accepted    INTEGER NOT NULL,
	failed      INTEGER NOT NULL,
	delivered   INTEGER NOT NULL,
	"read"      INTEGER NOT NULL,
	skipped     INTEGER NOT NULL,
	canceled    INTEGER NOT NULL,
	last        INTEGER NOT NULL,
	cursor      INTEGER NOT NULL,
	low         INTEGER NOT NULL,
	begun       INTEGER NOT NULL,
	open        INTEGER NOT NULL,             -- imports that are not finished
	pieces      INTEGER NOT NULL,
	taken       INTEGER NOT NULL,
	duplicate   INTEGER NOT NULL,
	rejected    INTEGER NOT NULL,
	heartbeat   INTEGER NOT NULL,
	waiting     TEXT,                         -- JSON
	sources     INTEGER NOT NULL DEFAULT 0,   -- import numbers given so far
	addressed   INTEGER NOT NULL DEFAULT 0,   -- deliveries numbered up to it are in the table address
	shrunk      INTEGER NOT NULL DEFAULT 0,   -- raised when deliveries were removed or erased: what a process remembers of them is void
	erased      INTEGER NOT NULL DEFAULT 0    -- deliveries whose address is a hash, or were
);
CREATE INDEX run_by_state      ON run (state);
CREATE INDEX run_by_touchpoint ON run (touchpoint);
CREATE INDEX run_by_group      ON run (grp);

CREATE TABLE run_body (
	number INTEGER PRIMARY KEY,
	body   TEXT NOT NULL,                     -- JSON
	sealed BLOB
);

-- One source of a campaign's audience.
CREATE TABLE import (
	run        INTEGER NOT NULL,
	number     INTEGER NOT NULL,
	source     TEXT NOT NULL,
	finished   INTEGER NOT NULL,
	stale      INTEGER NOT NULL,
	removing   INTEGER NOT NULL,
	actor      TEXT NOT NULL,
	began      INTEGER NOT NULL,
	ended      INTEGER NOT NULL,
	pieces     INTEGER NOT NULL,
	accepted   INTEGER NOT NULL,
	duplicate  INTEGER NOT NULL,
	elsewhere  INTEGER NOT NULL,
	rejected   INTEGER NOT NULL,
	digest     BLOB,
	variables  TEXT,                          -- JSON: how many accepted recipients have each
	rejections TEXT,                          -- JSON: the first of them
	first      INTEGER NOT NULL,              -- its deliveries are numbered from here
	last       INTEGER NOT NULL,              -- to here
	PRIMARY KEY (run, number),
	UNIQUE (run, source)
) WITHOUT ROWID;

-- A recipient. id = run number << 32 | number of the delivery. Rows are written once and hardly ever change.
CREATE TABLE delivery (
	id        INTEGER PRIMARY KEY,
	address   TEXT NOT NULL,
	import    INTEGER NOT NULL,
	line      INTEGER NOT NULL,
	col       INTEGER NOT NULL,
	key       TEXT,
	reference TEXT,
	variables BLOB
);

-- What became of a delivery. A delivery up to the run's cursor without a row here is in flight with its first attempt;
-- one above the cursor has never been tried. So a first attempt costs one insert at the end of a table.
-- wait is the time of the next attempt of rows that wait for one, 9223372036854775806 of rows in sending by their own intent,
-- 9223372036854775807 of uncertain rows that wait for nothing, and NULL of all others.
CREATE TABLE outcome (
	id      INTEGER PRIMARY KEY,
	state   INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	message TEXT,
	wait    INTEGER,
	tries   INTEGER NOT NULL DEFAULT 0,
	class   TEXT,
	code    TEXT,
	reason  TEXT,
	former  TEXT
);
CREATE INDEX outcome_waiting ON outcome (id >> 32, wait) WHERE wait IS NOT NULL;

-- Earlier attempts, those that another one followed.
CREATE TABLE attempt (
	id      INTEGER NOT NULL,
	number  INTEGER NOT NULL,
	state   INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	class   TEXT,
	code    TEXT,
	reason  TEXT,
	message TEXT,
	PRIMARY KEY (id, number)
) WITHOUT ROWID;

-- Where an address occurs: a 64-bit hash of it, and the delivery. It lags behind imports, see run.addressed.
CREATE TABLE address (
	hash INTEGER NOT NULL,
	id   INTEGER NOT NULL,
	PRIMARY KEY (hash, id)
) WITHOUT ROWID;

CREATE TABLE touchpoint (
	name  TEXT PRIMARY KEY,
	token INTEGER NOT NULL,
	body  TEXT NOT NULL                       -- JSON
) WITHOUT ROWID;

CREATE TABLE suppression (
	grp        TEXT NOT NULL,
	address    TEXT NOT NULL,
	touchpoint TEXT NOT NULL,
	purpose    TEXT NOT NULL,
	reason     TEXT NOT NULL,
	actor      TEXT NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (grp, address, touchpoint, purpose)
) WITHOUT ROWID;

CREATE TABLE epoch (
	grp   TEXT PRIMARY KEY,
	epoch INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE stop (
	scope  TEXT NOT NULL,
	name   TEXT NOT NULL,
	at     INTEGER NOT NULL,
	actor  TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (scope, name)
) WITHOUT ROWID;

CREATE TABLE act (
	number     INTEGER PRIMARY KEY AUTOINCREMENT,
	campaign   TEXT NOT NULL,
	touchpoint TEXT NOT NULL,
	grp        TEXT NOT NULL,
	at         INTEGER NOT NULL,
	actor      TEXT NOT NULL,
	action     TEXT NOT NULL,
	detail     TEXT NOT NULL
);
CREATE INDEX act_by_campaign ON act (campaign);

CREATE TABLE draft (
	id       TEXT PRIMARY KEY,
	document BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE file (
	hash    TEXT PRIMARY KEY,
	content BLOB NOT NULL
);
