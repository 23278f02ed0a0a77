using Microsoft.CodeAnalysis;

namespace Hawser.Mutations;

/// <summary>One change to one source file.</summary>
/// <param name="Tree">The file after the change.</param>
/// <param name="Line">Where it is, from 1.</param>
/// <param name="Before">The changed code.</param>
/// <param name="After">What replaces it.</param>
internal sealed record Mutant(SyntaxTree Tree, int Line, string Before, string After)
{
    public override string ToString() => $"{Path.GetFileName(Tree.FilePath)}:{Line}  {Before}  ->  {After}";
}
