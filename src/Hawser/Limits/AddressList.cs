using System.Net;

namespace Hawser.Limits;

/// <summary>A list of networks. Those from files are read again when a file changes.</summary>
public sealed class AddressList
{
    private const int MostNetworks = 1_000_000;

    private readonly string[] _rules;
    private readonly (string Path, DateTime Written, long Length)[] _files;
    private volatile NetworkSet _networks;

    private AddressList(IEnumerable<string> rules)
    {
        _rules = [.. rules];
        _files = [.. _rules.Where(IsFile).Select(rule => Stamp(rule[1..]))];
        _networks = Read();
    }

    /// <summary>Networks in the list.</summary>
    public int Count => _networks.Count;

    internal bool HasFiles => _files.Length > 0;

    /// <summary>Reads a list.</summary>
    /// <param name="rules">Addresses, networks in CIDR notation, and <c>@FILE</c>: a text file with an address or
    /// network a line, where # begins a comment.</param>
    /// <exception cref="FormatException">A rule is none of these, a file cannot be read, or there are more than a
    /// million networks; the message names the rule, or the file and line.</exception>
    public static AddressList Parse(params IEnumerable<string> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new AddressList(rules);
    }

    /// <summary>Whether a network of the list contains the address. An IPv4-mapped IPv6 address is the IPv4
    /// address.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _networks.Contains(address);
    }

    /// <summary>Reads the files again if one has changed. A list that cannot be read leaves the old one in
    /// force.</summary>
    /// <returns>What is wrong with the changed files, once per change; otherwise null.</returns>
    internal string? Refresh()
    {
        // Several servers may share a list.
        lock (_files)
        {
            // Before the files are read, so that a change meanwhile is noticed next time.
            (string Path, DateTime Written, long Length)[] now = [.. _files.Select(file => Stamp(file.Path))];
            if (now.SequenceEqual(_files))
                return null;
            now.CopyTo(_files, 0);
            try
            {
                _networks = Read();
                return null;
            }
            catch (FormatException e)
            {
                return e.Message;
            }
        }
    }

    private static bool IsFile(string rule) => rule.StartsWith('@');

    /// <summary>A missing file has a stamp as well.</summary>
    private static (string Path, DateTime Written, long Length) Stamp(string path)
    {
        var file = new FileInfo(path);
        return (path, file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
    }

    private NetworkSet Read()
    {
        var networks = new NetworkSet();
        foreach (string rule in _rules)
        {
            if (IsFile(rule))
                ReadFile(rule[1..], networks);
            else
                networks.Add(rule);
        }
        return networks;
    }

    private static void ReadFile(string path, NetworkSet networks)
    {
        int number = 0;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                number++;
                string rule = line.Split('#')[0].Trim();
                if (rule.Length > 0)
                    networks.Add(rule);
                if (networks.Count > MostNetworks)
                    throw new FormatException($"more than {MostNetworks} networks");
            }
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}, line {number}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"cannot read '{path}': {e.Message}", e);
        }
    }
}
