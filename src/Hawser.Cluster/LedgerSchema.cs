namespace Hawser.Cluster;

/// <summary>The tables of the ledger: one statement list per version, applied in order, never changed.</summary>
/// <remarks>Plain SQL, but for the advisory lock: CockroachDB ignores it, YugabyteDB before 2025.1 refuses it.</remarks>
internal static class LedgerSchema
{
    /// <summary>Taken while versions are applied: "hawser" in ASCII.</summary>
    public const long AdvisoryLock = 0x686177736572;

    public const string Prepare =
        """
        CREATE SCHEMA IF NOT EXISTS hawser;
        CREATE TABLE IF NOT EXISTS hawser.versions (
            version int PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now());
        """;

    public const string ReadVersion = "SELECT coalesce(max(version), 0) FROM hawser.versions";

    public static readonly string[] Versions =
    [
        """
        CREATE TABLE hawser.collections (
            name text PRIMARY KEY,
            last_number bigint NOT NULL DEFAULT 0,
            stored_bytes bigint NOT NULL DEFAULT 0);
        CREATE TABLE hawser.servers (
            id uuid PRIMARY KEY,
            host text NOT NULL,
            lease_until timestamptz NOT NULL);
        CREATE TABLE hawser.uploads (
            collection text NOT NULL REFERENCES hawser.collections,
            number bigint NOT NULL,
            state text NOT NULL CHECK (state IN ('under way', 'stored', 'failed')),
            server uuid NOT NULL,
            peer text NOT NULL,
            started timestamptz NOT NULL DEFAULT now(),
            ended timestamptz,
            bytes bigint NOT NULL DEFAULT 0,
            digest text,
            error text,
            is_clean boolean NOT NULL DEFAULT false,
            PRIMARY KEY (collection, number));
        CREATE INDEX uploads_under_way ON hawser.uploads (server) WHERE state = 'under way';
        CREATE INDEX uploads_to_clean ON hawser.uploads (collection, ended) WHERE state = 'failed' AND NOT is_clean;
        """,
    ];
}
