using System.Text.Json;
using Hawser.Limits;
using Hawser.Telemetry;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Telemetry;

public sealed class ReasonNameTest
{
    private static readonly CloseReason[] Orderly =
        [CloseReason.None, CloseReason.PeerFinished, CloseReason.HandlerFinished, CloseReason.ServerStopping];

    [Fact]
    public void Every_reason_has_the_name_of_the_log_and_is_in_the_guide()
    {
        string guide = File.ReadAllText(ProgramRepository.PathOf("docs", "guide", "metrics.md"));
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
            Check($"{reason}", ReasonName.Of(reason));
        foreach (CloseReason reason in Enum.GetValues<CloseReason>())
        {
            if (Orderly.Contains(reason))
                Assert.Null(ReasonName.OfError(reason));
            else
                Check($"{reason}", ReasonName.OfError(reason));
        }

        void Check(string reason, string? name)
        {
            Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason), name);
            Assert.Contains($"`{name}`", guide, StringComparison.Ordinal);
        }
    }
}
