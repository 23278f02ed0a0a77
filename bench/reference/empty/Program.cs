// What the start of every .NET program costs: the measure of the bench `start`.
return;
