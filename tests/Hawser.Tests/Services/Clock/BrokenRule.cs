using Xunit;

namespace Hawser.Tests.Services.Clock;

/// <summary>The rule that an act breaks.</summary>
internal static class BrokenRule
{
    public static string Of(Action act) => Assert.Throws<ProtocolException>(act).Message;
}
