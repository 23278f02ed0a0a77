using Npgsql;

namespace Hawser.Cluster;

/// <summary>Reads <c>postgres://[USER@]HOST[:PORT]/DATABASE[?key=value&amp;...]</c>.</summary>
internal static class LedgerAddress
{
    private const int PoolSize = 20;

    /// <summary>The settings of the connections that an address stands for. The user's password comes from
    /// <c>~/.pgpass</c>, or the file that <c>PGPASSFILE</c> names.</summary>
    /// <exception cref="FormatException">The address is malformed, or holds a password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string address)
    {
        // The address may hold a password: no message repeats it.
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
            throw new FormatException("--ledger: malformed; use postgres://USER@HOST:PORT/DATABASE");
        if (uri.AbsolutePath.Trim('/') is "")
            throw new FormatException("--ledger: names no database; use postgres://USER@HOST:PORT/DATABASE");
        string[] user = uri.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')),
            ApplicationName = "hawser",
            Timeout = (int)PostgresLedger.Patience.TotalSeconds,
            CommandTimeout = (int)PostgresLedger.Patience.TotalSeconds,
            MaxPoolSize = PoolSize,
        };
        if (uri.Host is not "")
            settings.Host = uri.IdnHost;
        if (uri.Port > 0)
            settings.Port = uri.Port;
        if (user[0] is not "")
            settings.Username = Uri.UnescapeDataString(user[0]);
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            Set(settings, pair.Split('=', 2));
        if (user.Length > 1 || settings.Password is not null)
            throw new FormatException("--ledger: put the password into ~/.pgpass (mode 0600), not into the address");
        return settings.Host is null
            ? throw new FormatException("--ledger: names no host; write it after postgres://, or use ?host=/run/postgresql")
            : settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string[] pair)
    {
        string key = Uri.UnescapeDataString(pair[0]);
        string value = Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "");
        try
        {
            // As psql spells them.
            if (key == "sslmode")
                value = value.Replace("-", "", StringComparison.Ordinal);
            settings[key == "sslrootcert" ? "Root Certificate" : key] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new FormatException($"--ledger: '{key}' is not a parameter of Npgsql, or has a wrong value", e);
        }
    }
}
