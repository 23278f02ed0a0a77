using Spectre.Console;

namespace Hawser.App.Output;

/// <summary>The standard streams for Spectre.Console, which respects <c>NO_COLOR</c> and the terminal's width and
/// writes no escape sequence to a pipe.</summary>
internal static class Terminal
{
    /// <summary>The width off a terminal.</summary>
    private const int PipedWidth = 100;

    /// <summary>The standard error.</summary>
    public static IAnsiConsole Errors =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>The standard output.</summary>
    public static IAnsiConsole Output => Over(Console.Out);

    /// <summary>Draws to any writer.</summary>
    public static IAnsiConsole Over(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (writer != Console.Out || Console.IsOutputRedirected)
            console.Profile.Width = PipedWidth;
        return console;
    }
}
