namespace Hawser.Tests; public sealed class SmokeTest { [Xunit.Fact] public void Builds() => Xunit.Assert.True(true); }
