-- 前置库 of the rural-affairs authority (MySQL 5.7+, MariaDB): what a hub may see, and nothing it may change (docs/contracts/NY.md).
-- Run by the authority's administrator. The hub's account, whose password nobody writes into a script, is granted SELECT on the two views alone.

CREATE DATABASE nync_nei CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE nync CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE nync_nei.jcdx (
    xh    INT NOT NULL PRIMARY KEY,
    sfzh  VARCHAR(18) NOT NULL,
    jclx  SMALLINT NOT NULL,
    jdlk  SMALLINT,
    cbdmj DECIMAL(10, 2),
    snbt  DECIMAL(12, 2),
    jtfh  DECIMAL(12, 2),
    fxxc  VARCHAR(4),
    KEY jcdx_sfzh (sfzh)
);
CREATE TABLE nync_nei.gxsj (gxsj DATETIME NOT NULL);

CREATE SQL SECURITY DEFINER VIEW nync.v_jcdx AS SELECT xh, sfzh, jclx, jdlk, cbdmj, snbt, jtfh, fxxc FROM nync_nei.jcdx;
CREATE SQL SECURITY DEFINER VIEW nync.v_gxsj AS SELECT gxsj FROM nync_nei.gxsj;
