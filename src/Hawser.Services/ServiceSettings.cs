namespace Hawser.Services;

/// <summary>The values of a service's options; those not set have their defaults.</summary>
public sealed class ServiceSettings
{
    private readonly Dictionary<ServiceOption, object> _values = [];

    /// <summary>Every option at its default.</summary>
    public static ServiceSettings Defaults => new();

    /// <summary>Sets an option from text.</summary>
    /// <exception cref="FormatException">The text is not a value of the option; the message names the
    /// option.</exception>
    public ServiceSettings Set(ServiceOption option, string text)
    {
        try
        {
            return SetValue(option, option.ParseValue(text));
        }
        catch (FormatException e)
        {
            throw new FormatException($"--{option.Name}: {e.Message}", e);
        }
    }

    /// <summary>Sets an option to a result of <see cref="ServiceOption.ParseValue"/>.</summary>
    public ServiceSettings SetValue(ServiceOption option, object value)
    {
        _values[option] = value;
        return this;
    }

    /// <summary>The value of an option that has a default.</summary>
    public T Get<T>(ServiceOption<T> option) where T : notnull =>
        _values.TryGetValue(option, out object? value)
            ? (T)value
            : option.Parse(
                option.DefaultText ?? throw new InvalidOperationException($"--{option.Name} has no default"));

    /// <summary>The value of an option without a default.</summary>
    public T? Find<T>(ServiceOption<T> option) where T : notnull =>
        _values.TryGetValue(option, out object? value) ? (T)value : default;

    /// <summary>Whether an option was given.</summary>
    public bool IsSet(ServiceOption option) => _values.ContainsKey(option);

    /// <summary>Whether a switch is on.</summary>
    public bool Has(ServiceOption<bool> option) => _values.TryGetValue(option, out object? value) && (bool)value;
}
