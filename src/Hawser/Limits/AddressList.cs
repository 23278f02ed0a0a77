using System.Net;
using Hawser.Native;

namespace Hawser.Limits;

/// <summary>A list of networks. <see cref="Reload"/> reads those from files again. Thread-safe.</summary>
public sealed class AddressList
{
    private const int MostNetworks = 1_000_000;
    private const int MostBytes = 64 * 1024 * 1024;

    private readonly string[] _rules;
    private volatile NetworkSet _networks;

    private AddressList(IEnumerable<string> rules)
    {
        _rules = [.. rules];
        Files = [.. _rules.Where(IsFile).Select(rule => rule[1..])];
        _networks = Read();
    }

    /// <summary>Networks in the list.</summary>
    public int Count => _networks.Count;

    /// <summary>The files that it was read from.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads a list.</summary>
    /// <param name="rules">Addresses, networks in CIDR notation, and <c>@FILE</c>: a text file with an address or
    /// network a line; # starts a comment.</param>
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

    /// <summary>Reads the files again. Connections that are already admitted stay.</summary>
    /// <exception cref="FormatException">A file cannot be read, or is bad: the old list stays in force.</exception>
    public void Reload() => _networks = Read();

    private static bool IsFile(string rule) => rule.StartsWith('@');

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
        RequireText(path);
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
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FormatException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"cannot read '{path}': {e.Message}", e);
        }
    }

    // Reading a pipe or device may never end.
    private static void RequireText(string path)
    {
        if (OperatingSystem.IsLinux() && FileIdentity.OfTarget(path) is { Kind: not FileKind.Regular })
            throw new FormatException($"{path}: not a regular file");
        if (new FileInfo(path) is { Exists: true, Length: > MostBytes })
            throw new FormatException($"{path}: larger than {MostBytes >> 20} MiB");
    }
}
