using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hawser.Mutations;

/// <summary>The mutations: comparisons and their boundaries, logic, limits, and calls left out.</summary>
internal static class Mutator
{
    private static readonly Dictionary<SyntaxKind, string> Operators = new()
    {
        [SyntaxKind.LessThanExpression] = "<=",
        [SyntaxKind.LessThanOrEqualExpression] = "<",
        [SyntaxKind.GreaterThanExpression] = ">=",
        [SyntaxKind.GreaterThanOrEqualExpression] = ">",
        [SyntaxKind.EqualsExpression] = "!=",
        [SyntaxKind.NotEqualsExpression] = "==",
        [SyntaxKind.LogicalAndExpression] = "||",
        [SyntaxKind.LogicalOrExpression] = "&&",
        [SyntaxKind.AddExpression] = "-",
        [SyntaxKind.SubtractExpression] = "+",
    };

    /// <summary>All mutants of a file. Some do not compile.</summary>
    public static IEnumerable<Mutant> Mutate(SyntaxTree tree)
    {
        SyntaxNode root = tree.GetRoot();
        foreach (SyntaxNode node in root.DescendantNodes())
        {
            foreach (string after in Replacements(node))
            {
                // Parsed anew: what an operator binds may change with it.
                string text = root.ToFullString();
                string changed = string.Concat(text.AsSpan(0, node.SpanStart), after, text.AsSpan(node.Span.End));
                yield return new Mutant(
                    CSharpSyntaxTree.ParseText(changed, (CSharpParseOptions)tree.Options, tree.FilePath, tree.Encoding),
                    tree.GetLineSpan(node.Span).StartLinePosition.Line + 1, Line(node.ToString()), Line(after));
            }
        }
    }

    private static string[] Replacements(SyntaxNode node) => node switch
    {
        BinaryExpressionSyntax binary when Operators.TryGetValue(binary.Kind(), out string? other) =>
            [$"{binary.Left} {other} {binary.Right}"],
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression } not => [$"{not.Operand}"],
        LiteralExpressionSyntax { RawKind: (int)SyntaxKind.NumericLiteralExpression } number =>
            Limits(number.Token.Value!),
        MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "Math" } } call =>
            call.Name.ToString() switch { "Max" => ["Math.Min"], "Min" => ["Math.Max"], _ => [] },
        ExpressionStatementSyntax { Expression: InvocationExpressionSyntax or AwaitExpressionSyntax } => [";"],
        _ => [],
    };

    private static string[] Limits(object value) => value switch
    {
        int and (0 or 1 or 2) => [Text((int)value + 1)],
        int number => [Text(number * 50L), Text(number / 10)],
        double number => [$"{Text(number * 50)}d", $"{Text(number / 10)}d"],
        _ => [],
    };

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Line(string code) => string.Join(' ', code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
