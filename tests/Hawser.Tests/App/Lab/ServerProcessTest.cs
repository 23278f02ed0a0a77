using Hawser.App.Lab;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

public class ServerProcessTest
{
    private static readonly LabVariant Variant =
        new(new LabSubject("select", "select", null), new LabSetting(Clients: 1));

    [Fact]
    public async Task A_start_that_is_cancelled_already_ends()
    {
        Task start = ServerProcess.StartAsync(Variant, null, new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(ProgramProcess.Limit));
    }
}
