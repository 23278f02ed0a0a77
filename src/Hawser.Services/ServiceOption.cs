namespace Hawser.Services;

/// <summary>A setting of a service, as data: the program makes its options, its help and its errors from it.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="ValueName">What stands for the value in the help; null for a switch.</param>
/// <param name="Help">One line.</param>
/// <param name="DefaultText">The default, as one would type it; null where there is none.</param>
public abstract record ServiceOption(string Name, string? ValueName, string Help, string? DefaultText)
{
    /// <summary>Checks and reads a value.</summary>
    /// <exception cref="FormatException">It is not one; the message says what would be.</exception>
    public abstract object ParseValue(string text);
}

/// <summary>A setting with a value of one type.</summary>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="Name">Without dashes.</param>
/// <param name="ValueName">What stands for the value in the help; null for a switch.</param>
/// <param name="Help">One line.</param>
/// <param name="DefaultText">The default, as one would type it.</param>
/// <param name="Parse">Reads a value; throws <see cref="FormatException"/>.</param>
public sealed record ServiceOption<T>(
    string Name, string? ValueName, string Help, string? DefaultText, Func<string, T> Parse)
    : ServiceOption(Name, ValueName, Help, DefaultText)
    where T : notnull
{
    /// <inheritdoc/>
    public override object ParseValue(string text) => Parse(text);
}
