using Xunit;

namespace Hawser.Tests;

public sealed class BuildTest
{
    [Fact]
    public void Builds() => Assert.Equal("hawser", typeof(App.Program).Assembly.GetName().Name);
}
