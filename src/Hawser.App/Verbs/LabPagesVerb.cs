using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Lab.Publishing;
using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary><c>hawser lab pages</c>: makes the pages that show published results.</summary>
internal static class LabPagesVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "pages", "Regenerate the pages of docs/results, docs/goals.md and README's table of models from the results.")
        {
            Examples = ["hawser lab pages"],
        };
        verb.SetAction(_ =>
        {
            string root = SourceTree.Find(Environment.CurrentDirectory).Root;
            PublishedPages.Write(root);
            Standard.Error.WriteLine($"wrote the pages of {SourceTree.Results}, {PublishedPages.Goals} and README.md");
            return ExitCode.Done;
        });
        return verb;
    }
}
