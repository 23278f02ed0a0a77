using Hawser.Cluster;
using Npgsql;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>The addresses of a cluster's parts.</summary>
public sealed class AddressTest
{
    [Theory]
    [InlineData("postgres://db/hawser", "db", 5432, "hawser", null)]
    [InlineData("postgresql://me@db:15432/up%20loads", "db", 15432, "up loads", "me")]
    [InlineData("postgres://db:1/hawser", "db", 1, "hawser", null)]
    [InlineData("postgres://[::1]/hawser", "::1", 5432, "hawser", null)]
    [InlineData("postgres:///hawser?host=/run/postgresql", "/run/postgresql", 5432, "hawser", null)]
    public void A_ledger_has_host_port_database_and_user(
        string address, string host, int port, string database, string? user)
    {
        NpgsqlConnectionStringBuilder settings = LedgerAddress.Parse(address);

        Assert.Equal((host, port, database, user),
            (settings.Host, settings.Port, settings.Database, settings.Username));
    }

    [Theory]
    [InlineData("VerifyFull")]
    [InlineData("verify-full")]
    public void A_ledger_may_have_parameters(string mode)
    {
        NpgsqlConnectionStringBuilder settings =
            LedgerAddress.Parse($"postgres://db/hawser?sslmode={mode}&options=-c%20work_mem=8MB");

        Assert.Equal((SslMode.VerifyFull, "-c work_mem=8MB"), (settings.SslMode, settings.Options));
    }

    [Theory]
    [InlineData("postgres://me:secret@db", "names no database")]
    [InlineData("postgres://db", "use postgres://USER@HOST:PORT/DATABASE")]
    [InlineData("postgres:///hawser", "names no host")]
    [InlineData("postgres://me:secret@db/hawser", "~/.pgpass")]
    [InlineData("postgres://db/hawser?password=secret", "~/.pgpass")]
    [InlineData("postgres://db/hawser?nonsense=1", "'nonsense'")]
    public void A_wrong_ledger_is_refused_without_its_password(string address, string why)
    {
        FormatException refused = Assert.Throws<FormatException>(() => LedgerAddress.Parse(address));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://bucket", "bucket", "", null)]
    [InlineData("s3://bucket/a/b/", "bucket", "a/b/", null)]
    [InlineData("s3://bucket/a?endpoint=http://127.0.0.1:9000", "bucket", "a/", "http://127.0.0.1:9000/")]
    [InlineData("s3://bucket/a?endpoint=http://h/?x=1", "bucket", "a/", "http://h/?x=1")]
    public void A_sink_has_bucket_prefix_and_endpoint(string address, string bucket, string prefix, string? endpoint)
    {
        SinkAddress sink = SinkAddress.Parse(address);

        Assert.Equal((bucket, prefix, endpoint), (sink.Bucket, sink.Prefix, sink.Endpoint?.ToString()));
        Assert.Equal($"s3://{bucket}/{prefix}", sink.Collection);
    }

    [Theory]
    [InlineData("s3:///a")]
    [InlineData("s3://bucket/a?endpoint=")]
    [InlineData("s3://bucket/a?endpoint=ftp://x")]
    [InlineData("s3://bucket/a?region=x")]
    public void A_wrong_sink_is_refused(string address) =>
        Assert.StartsWith("--sink: ", Assert.Throws<FormatException>(() => SinkAddress.Parse(address)).Message);
}
