-- 前置库 of the real-estate registry: what a hub may see, and nothing it may change (docs/contracts/GZ.md).
-- Run by the registry's administrator in a database of its own; the login role is created by the loader, which knows its password.

DROP SCHEMA IF EXISTS qzk CASCADE;
DROP SCHEMA IF EXISTS qzk_nei CASCADE;
CREATE SCHEMA qzk;
CREATE SCHEMA qzk_nei;

CREATE TABLE qzk_nei.bdcqk (
    bdcdyh text           NOT NULL,
    zjhm   text           NOT NULL,
    zhhsw  char(4),
    xzqdm  char(6)        NOT NULL,
    ghyt   text,
    mj     numeric(12, 2),
    qlfe   text,
    ts     integer        NOT NULL,
    djsj   timestamp,
    sfdy   smallint,
    zjdbz  text,
    PRIMARY KEY (bdcdyh, zjhm)
);
CREATE INDEX bdcqk_zjhm ON qzk_nei.bdcqk (zjhm);

CREATE TABLE qzk_nei.gxzt (sjsj timestamptz NOT NULL);

-- The sandbox's controls; a real registry has none of them.
CREATE TABLE qzk_nei.sz (
    journal boolean NOT NULL DEFAULT true,
    slow    double precision NOT NULL DEFAULT 0,
    fail    text,
    lie     text
);
INSERT INTO qzk_nei.sz DEFAULT VALUES;

CREATE VIEW qzk.v_bdcqk AS
    SELECT bdcdyh, zjhm, zhhsw, xzqdm, ghyt, mj, qlfe, ts, djsj, sfdy, zjdbz FROM qzk_nei.bdcqk;
CREATE VIEW qzk.v_gxzt AS SELECT sjsj FROM qzk_nei.gxzt;

CREATE FUNCTION qzk.cx(p_zjhm text[], p_yt text[], p_spwh text[], p_ywlsh text[], p_sqdw text)
RETURNS TABLE (xh integer, zjhm text, sjsj timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog ROWS 10 AS $$
DECLARE
    n    integer := coalesce(cardinality(p_zjhm), 0);
    sz   qzk_nei.sz%ROWTYPE;
    part integer;
BEGIN
    SELECT * INTO sz FROM qzk_nei.sz;
    IF n NOT BETWEEN 1 AND 500 OR n <> cardinality(p_yt) OR n <> cardinality(p_spwh) OR n <> cardinality(p_ywlsh)
       OR coalesce(p_sqdw, '') = '' OR '' = ANY (p_yt || p_spwh || p_ywlsh) OR array_position(p_yt || p_spwh || p_ywlsh, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'one purpose, approval and reference for each of 1 to 500 subjects, and the organisation' USING ERRCODE = '22023';
    END IF;
    IF sz.journal THEN
        -- A notification holds less than 8000 bytes: thirty subjects at a time.
        FOR part IN 0 .. (n - 1) / 30 LOOP
            PERFORM pg_notify('qzk_journal', json_build_object(
                'query', left(current_query(), 2000), 'first', part = 0, 'organisation', p_sqdw, 'subjects', (
                    SELECT json_agg(json_build_array(p_ywlsh[i], p_yt[i], p_spwh[i]) ORDER BY i)
                      FROM generate_series(part * 30 + 1, least(part * 30 + 30, n)) AS i))::text);
        END LOOP;
    END IF;
    IF sz.slow > 0 THEN
        PERFORM pg_sleep(sz.slow);
    END IF;
    IF sz.fail = 'drop' THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    ELSIF sz.fail IS NOT NULL THEN
        RAISE EXCEPTION 'registry closed' USING ERRCODE = '57P03';
    END IF;
    RETURN QUERY
        SELECT i, p_zjhm[i], (SELECT g.sjsj FROM qzk_nei.gxzt AS g LIMIT 1)
          FROM generate_series(1, CASE sz.lie WHEN 'half' THEN n / 2 WHEN 'nothing' THEN 0 ELSE n END) AS i;
    IF sz.lie = 'extra_people' THEN
        RETURN QUERY SELECT n + 1, (SELECT min(b.zjhm) FROM qzk_nei.bdcqk AS b WHERE NOT b.zjhm = ANY (p_zjhm)), now();
    END IF;
END
$$;
REVOKE ALL ON FUNCTION qzk.cx(text[], text[], text[], text[], text) FROM PUBLIC;
