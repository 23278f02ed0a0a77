namespace Hawser.App.Lab;

/// <summary>One subject under one setting.</summary>
internal sealed record LabVariant(LabSubject Subject, LabSetting Setting)
{
    public override string ToString() => $"{Subject.Name}, {Setting}";
}
