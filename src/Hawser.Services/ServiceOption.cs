namespace Hawser.Services;

/// <summary>A setting of a service, as data: the program derives its option, its help and its errors from it.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="ValueName">The placeholder of the value in the help; null for a switch.</param>
/// <param name="Help">One line.</param>
/// <param name="DefaultText">The default, as users type it; null for none.</param>
public abstract record ServiceOption(string Name, string? ValueName, string Help, string? DefaultText)
{
    /// <summary>All values, if they are few; else empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Checks and parses a value.</summary>
    /// <exception cref="FormatException">The text is not a value; the message gives an example.</exception>
    public abstract object ParseValue(string text);
}

/// <summary>A setting with a value of one type.</summary>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="Name">Without dashes.</param>
/// <param name="ValueName">The placeholder of the value in the help; null for a switch.</param>
/// <param name="Help">One line.</param>
/// <param name="DefaultText">The default, as users type it.</param>
/// <param name="Parse">Parses a value; throws <see cref="FormatException"/>.</param>
public sealed record ServiceOption<T>(
    string Name, string? ValueName, string Help, string? DefaultText, Func<string, T> Parse)
    : ServiceOption(Name, ValueName, Help, DefaultText)
    where T : notnull
{
    /// <inheritdoc/>
    public override object ParseValue(string text) => Parse(text);
}
