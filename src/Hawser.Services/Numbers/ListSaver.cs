namespace Hawser.Services.Numbers;

/// <summary>Saves a list as it comes, and looks only at what tells whether it is cut.</summary>
internal sealed class ListSaver(ListFolders folders, int list, int? count) : IListSink, IDisposable
{
    private ListFile? _file;
    private int _commas;
    private byte _last;

    public void Begin()
    {
        _file?.Dispose();
        _file = new ListFile(folders.UnsortedPath(list));
        (_commas, _last) = (0, 0);
    }

    public void Take(ReadOnlySpan<byte> piece)
    {
        _file!.Append(piece);
        _last = piece[^1];
        if (count is not null)
            _commas += piece.Count(NumbersProtocol.Separator);
    }

    public void End()
    {
        if (NumbersProtocol.FindCut(_file!.Length == 0 ? null : _last, _commas + 1, count) is { } rule)
            throw new MalformedListException(_file.Length, rule);
        folders.Replace(list, _file);
    }

    public void Dispose() => _file?.Dispose();
}
