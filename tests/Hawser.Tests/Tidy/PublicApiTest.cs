using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Hawser.App.Output;
using Hawser.Cluster;
using Hawser.Hosting;
using Hawser.Kestrel;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Tidy;

/// <summary>The public surface of each package is what its baseline says, so that every change of it is seen in
/// review.</summary>
public sealed class PublicApiTest
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<string, Assembly> Packages = new()
    {
        ["public-api.txt"] = typeof(Server).Assembly,
        ["public-api-services.txt"] = typeof(Service).Assembly,
        ["public-api-cluster.txt"] = typeof(ClusterStore).Assembly,
        ["public-api-hosting.txt"] = typeof(HostedServer).Assembly,
        ["public-api-kestrel.txt"] = typeof(HawserTransportOptions).Assembly,
    };

    public static TheoryData<string> Baselines => [.. Packages.Keys];

    [Fact]
    public void The_tool_has_no_public_surface() => Assert.Empty(typeof(HelpPage).Assembly.GetExportedTypes());

    [Theory]
    [MemberData(nameof(Baselines))]
    public void The_public_surface_of_a_package_is_its_baseline(string baseline)
    {
        string path = ProgramRepository.PathOf("tests", "Hawser.Tests", "Tidy", baseline);
        string actual = Describe(Packages[baseline]);
        string expected = File.Exists(path) ? File.ReadAllText(path) : "";
        if (actual == expected)
            return;
        string proposed = Path.Combine(Path.GetTempPath(), baseline);
        File.WriteAllText(proposed, actual);
        string[] before = expected.Split('\n');
        string[] after = actual.Split('\n');
        Assert.Fail(string.Join('\n',
            [
                $"the public surface has changed; if that is meant, copy {proposed} over {path}",
                .. before.Except(after).Select(line => $"- {line}"),
                .. after.Except(before).Select(line => $"+ {line}"),
            ]));
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            IEnumerable<string> members = type.IsEnum
                ? Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name))}")
                : type.GetMembers(Declared).Where(IsVisible).Select(Signature).Order(StringComparer.Ordinal);
            foreach (string member in members)
                text.Append("    ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";
        IEnumerable<string> bases = type.GetInterfaces()
            .Where(other => other.IsPublic && !(type.BaseType?.GetInterfaces().Contains(other) ?? false))
            .Select(other => Name(other)).Order(StringComparer.Ordinal);
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object))
            bases = bases.Prepend(Name(parent));
        string list = string.Join(", ", bases);
        return $"{kind} {type.FullName}{(list.Length > 0 ? $" : {list}" : "")}";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        // Members that the compiler generates for properties, events and records are implied by those.
        MethodInfo method => IsVisible(method) && !method.IsSpecialName
            && !method.IsDefined(typeof(CompilerGeneratedAttribute)),
        ConstructorInfo constructor => IsVisible(constructor),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo added => IsVisible(added.AddMethod!),
        FieldInfo field => field.IsPublic || field.IsFamily,
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Signature(MemberInfo member) => member switch
    {
        MethodInfo method => $"{Modifiers(method)}{Annotated(Nullability.Create(method.ReturnParameter))} {method.Name}"
            + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "")
            + $"({Parameters(method)})",
        ConstructorInfo constructor => $"{Modifiers(constructor)}new({Parameters(constructor)})",
        PropertyInfo property => Modifiers(property.GetAccessors(nonPublic: true).First(IsVisible))
            + $"{Annotated(Nullability.Create(property))} {property.Name} {{ {Accessors(property)}}}",
        EventInfo added => $"{Modifiers(added.AddMethod!)}event {Name(added.EventHandlerType!)} {added.Name}",
        FieldInfo field => (field.IsLiteral ? "const " : field.IsStatic ? "static " : "")
            + $"{Annotated(Nullability.Create(field))} {field.Name}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}",
        _ => member.ToString()!,
    };

    private static string Modifiers(MethodBase method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface ? ""
            : method.IsAbstract ? "abstract "
            : method is MethodInfo { IsVirtual: true, IsFinal: false } overridable && !method.DeclaringType.IsSealed
                ? overridable.GetBaseDefinition() == overridable ? "virtual " : "override "
                : "");

    private static string Accessors(PropertyInfo property) => string.Concat(
        property.GetAccessors(nonPublic: true).Where(IsVisible).Select(accessor =>
            accessor.ReturnType != typeof(void) ? "get; "
            : accessor.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? "init; " : "set; ")
        .Order(StringComparer.Ordinal));

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        (parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "in " : "")
        + Annotated(Nullability.Create(parameter)) + $" {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : "")));

    private static string Annotated(NullabilityInfo info) =>
        Name(info.Type) + (info.ReadState == NullabilityState.Nullable && !info.Type.IsValueType ? "?" : "");

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Name(underlying)}?";
        if (!type.IsGenericType)
            return type.IsGenericParameter || type.Namespace is "System" ? type.Name : type.FullName!;
        string name = type.GetGenericTypeDefinition().FullName!;
        return $"{name[..name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
