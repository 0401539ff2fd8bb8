-- 前置库 of the rural-affairs authority as PostgreSQL, which the demonstration has (docs/contracts/NY.md; in earnest it is MySQL, NY.sql).

DROP SCHEMA IF EXISTS nync CASCADE;
DROP SCHEMA IF EXISTS nync_nei CASCADE;
CREATE SCHEMA nync;
CREATE SCHEMA nync_nei;

CREATE TABLE nync_nei.jcdx (
    xh     integer NOT NULL PRIMARY KEY,
    sfzh   varchar(18) NOT NULL,
    jclx   smallint NOT NULL,
    jdlk   smallint,
    cbdmj  numeric(10, 2),
    snbt   numeric(12, 2),
    jtfh   numeric(12, 2),
    fxxc   varchar(4)
);
CREATE INDEX jcdx_sfzh ON nync_nei.jcdx (sfzh);
CREATE TABLE nync_nei.gxsj (gxsj timestamp NOT NULL);

-- The sandbox's controls; a real authority has none of them.
CREATE TABLE nync_nei.sz (slow double precision NOT NULL DEFAULT 0, fail text);
INSERT INTO nync_nei.sz DEFAULT VALUES;
CREATE FUNCTION nync_nei.mood() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    sz nync_nei.sz%ROWTYPE;
BEGIN
    SELECT * INTO sz FROM nync_nei.sz;
    IF sz.slow > 0 THEN
        PERFORM pg_sleep(sz.slow);
    END IF;
    IF sz.fail = 'drop' THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    ELSIF sz.fail IS NOT NULL THEN
        RAISE EXCEPTION 'authority closed' USING ERRCODE = '57P03';
    END IF;
    RETURN true;
END
$$;

CREATE VIEW nync.v_jcdx AS SELECT xh, sfzh, jclx, jdlk, cbdmj, snbt, jtfh, fxxc FROM nync_nei.jcdx;
CREATE VIEW nync.v_gxsj AS SELECT gxsj FROM nync_nei.gxsj, nync_nei.mood() AS m WHERE m;
