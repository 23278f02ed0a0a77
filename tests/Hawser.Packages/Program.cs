using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Reflection.Metadata;
using System.Xml.Linq;
using Hawser;
using Hawser.Hosting;
using Hawser.Models;
using Hawser.Services;

// Checks the content of the packages in a folder, then uses each of them.
string feed = args[0];
foreach (string name in (string[])["Hawser", "Hawser.Cluster", "Hawser.Hosting", "Hawser.Kestrel", "Hawser.Services"])
    CheckLibrary(name);
CheckTool();

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseHawser(options => options.Model = "async").UseUrls("http://127.0.0.1:0");
builder.Services.AddHawserServer("greet", options => options.Listen("127.0.0.1:0")).UseHandler<GreetHandler>();
await using WebApplication application = builder.Build();
application.MapGet("/", () => "pong");
await application.StartAsync();
using var http = new HttpClient();
Require(await http.GetStringAsync(application.Urls.First()) == "pong", "Hawser.Kestrel does not answer");
Server greet = application.Services.GetRequiredKeyedService<HostedServer>("greet").Server;
using (var client = new TcpClient())
{
    await client.ConnectAsync((IPEndPoint)greet.EndPoints[0]);
    using var reader = new StreamReader(client.GetStream());
    Require(await reader.ReadToEndAsync() == "hello\n", "Hawser.Hosting does not answer");
}
await application.StopAsync();

Service ping = ServiceCatalog.All.Single(service => service.Name == "ping");
foreach (Demonstration shown in await ping.DemonstrateAsync(ConcurrencyModels.Get("threads"), feed))
    Console.WriteLine(shown);
Console.WriteLine("every package works");

void CheckLibrary(string name)
{
    using ZipArchive package = Open(name, "nupkg");
    string[] files = Contents(package);
    string assembly = name == "Hawser" ? "Hawser.Engine" : name;
    string library = $"lib/net10.0/{assembly}";
    foreach (string file in (string[])["README.md", "icon.png", $"{library}.dll", $"{library}.xml"])
        Require(files.Contains(file), $"{name} has no {file}");
    XElement metadata = XDocument.Load(package.GetEntry($"{name}.nuspec")!.Open()).Root!.Elements().First();
    XNamespace space = metadata.Name.Namespace;
    foreach (string element in (string[])["description", "license", "icon", "readme", "tags", "authors"])
        Require(metadata.Element(space + element) is { Value.Length: > 0 }, $"{name} has no {element}");
    if (name == "Hawser")
        Require(!metadata.Descendants(space + "dependency").Any(), "the engine has a dependency");

    using ZipArchive symbols = Open(name, "snupkg");
    using var pdb = new MemoryStream();
    using (Stream packed = symbols.GetEntry($"{library}.pdb")!.Open())
        packed.CopyTo(pdb);
    pdb.Position = 0;
    using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
    MetadataReader reader = provider.GetMetadataReader();
    var embedded = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
    foreach (DocumentHandle handle in reader.Documents)
    {
        string path = reader.GetString(reader.GetDocument(handle).Name);
        Require(path.StartsWith("/_/", StringComparison.Ordinal), $"{name}: {path} depends on the folder of the build");
        Require(reader.GetCustomDebugInformation(handle).Any(each =>
            reader.GetGuid(reader.GetCustomDebugInformation(each).Kind) == embedded), $"{name}: no source of {path}");
    }
}

void CheckTool()
{
    using ZipArchive package = Open("Hawser.Tool", "nupkg");
    string[] files = Contents(package);
    Require(files.Contains("tools/net10.0/any/hawser.dll"), "the tool has no hawser.dll");
    Require(files.Contains("tools/net10.0/any/lab/scenarios/exercise.json"), "the tool has no scenarios");
    Require(files.Contains("README.md") && files.Contains("icon.png"), "the tool has no README or icon");
    string[] stray = [.. files.Where(file => file.EndsWith(".pdb", StringComparison.Ordinal)
        || file.StartsWith("tools/", StringComparison.Ordinal) && file.EndsWith(".xml", StringComparison.Ordinal)
            && !file.EndsWith("/DotnetToolSettings.xml", StringComparison.Ordinal)
        || file.StartsWith("content", StringComparison.Ordinal))];
    Require(stray.Length == 0, $"the tool has {string.Join(", ", stray)}");
}

ZipArchive Open(string name, string extension) => ZipFile.OpenRead(
    Directory.EnumerateFiles(feed, $"{name}.*.{extension}").Single(path => char.IsAsciiDigit(Path.GetFileName(path)[name.Length + 1])));

string[] Contents(ZipArchive package)
{
    string[] files = [.. package.Entries.Select(entry => entry.FullName)];
    Require(files.Distinct().Count() == files.Length, "a package has a file twice");
    return files;
}

static void Require(bool holds, string otherwise)
{
    if (!holds)
        throw new InvalidOperationException(otherwise);
}
